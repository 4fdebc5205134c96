import { expect, test } from "vitest";
import { SegmentBuilder } from "../../../db/segment/segment-builder.ts";
import { SegmentCache } from "../../../db/segment/segment-cache.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { batchesOf } from "../../support/filled-batch.ts";

/** A flush with one datagram of one run. */
const blobOf = (run: number): Uint8Array => {
  const readings = [{ channel: 1, type: VALUE_TYPE.FLOAT64, time: 1000, value: 21.5 }];
  return new SegmentBuilder().build(batchesOf([{ run, sequence: 0, time: 1000, readings }])).blob.slice();
};

test("what was read last is kept, the one not asked for longest goes", () => {
  const blob = blobOf(7);
  const room = new SegmentCache().add(0, blob).keptBytes * 2;
  const cache = new SegmentCache(room);
  cache.add(1, blob);
  cache.add(2, blob);
  expect(cache.get(1)?.datagramsOf(7)).toBe(1);
  cache.add(3, blob);
  expect([1, 2, 3].map((segment) => cache.get(segment) !== undefined)).toEqual([true, false, true]);
});

test("a flush that is larger than the bound is read and not kept", () => {
  const cache = new SegmentCache(10);
  expect(cache.add(1, blobOf(7)).datagramsOf(8)).toBe(0);
  expect(cache.get(1)).toBeUndefined();
});
