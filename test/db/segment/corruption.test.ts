import fc from "fast-check";
import { expect, test } from "vitest";
import { SegmentCorruptError } from "../../../db/codec/corrupt.ts";
import { SegmentBuilder } from "../../../db/segment/segment-builder.ts";
import { SegmentReader } from "../../../db/segment/segment-reader.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { batchesOf, type PlainStored } from "../../support/filled-batch.ts";

const stored = (run: number, sequence: number): PlainStored => {
  const time = 1_795_000_000_000_000 + sequence * 1_000_000 + run;
  return {
    run,
    sequence,
    time,
    readings: [{ channel: 1, type: VALUE_TYPE.FLOAT64, time, value: run / 10 + sequence }],
  };
};

const blobOf = (runs: number, each: number): Uint8Array => {
  const sent = Array.from({ length: runs * each }, (_, index) =>
    stored(1 + (index % runs), Math.floor(index / runs)),
  );
  return new SegmentBuilder().build(batchesOf(sent)).blob;
};
/** one of each form */
const BLOBS = { "a block per run": blobOf(5, 20), "one block for all": blobOf(40, 1) };
const BLOB_LIST = Object.values(BLOBS);

const readAll = (blob: Uint8Array): void => {
  const reader = new SegmentReader(blob);
  for (const run of reader.runNumbers) reader.readRun(run);
};

test.each(Object.entries(BLOBS))("a segment with %s, cut off anywhere, is corrupt", (_, blob) => {
  for (let length = 0; length < blob.length; length++) {
    expect(() => readAll(blob.slice(0, length))).toThrow(SegmentCorruptError);
  }
});

test.each(Object.entries(BLOBS))("a segment with %s and any one bit flipped is corrupt", (_, blob) => {
  for (let bit = 0; bit < blob.length * 8; bit++) {
    const damaged = blob.slice();
    damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
    expect(() => readAll(damaged), `bit ${bit}`).toThrow(SegmentCorruptError);
  }
});

test("arbitrary bytes are no segment", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => readAll(bytes)).toThrow(SegmentCorruptError);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 1000 },
  );
});

test("corruption has the code ERR_SEGMENT_CORRUPT", () => {
  expect(() => new SegmentReader(BLOB_LIST[0]!.slice(1))).toThrow(
    expect.objectContaining({ code: "ERR_SEGMENT_CORRUPT" }),
  );
});
