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

test("what was read last is kept, the one not asked for longest goes, and its memory with it", () => {
  const room = new SegmentCache().add(0, blobOf(7)).keptBytes * 2;
  const cache = new SegmentCache(room);
  const blobs = [blobOf(7), blobOf(7), blobOf(7)];
  cache.add(0, blobs[0]!);
  cache.add(1, blobs[1]!);
  expect(cache.get(0)?.datagramsOf(7)).toBe(1);
  cache.add(2, blobs[2]!);
  expect([0, 1, 2].map((segment) => cache.get(segment)?.readRun(7)?.datagramCount)).toEqual([
    1,
    undefined,
    1,
  ]);
  expect(blobs.map((blob) => blob.length > 0)).toEqual([true, false, true]);
});

test("a flush that is larger than the bound is read and not kept", () => {
  const cache = new SegmentCache(10);
  const reader = cache.add(1, blobOf(7));
  expect(cache.get(1)).toBeUndefined();
  expect([7, 8].map((run) => reader.readRun(run)?.datagramCount)).toEqual([1, undefined]);
});
