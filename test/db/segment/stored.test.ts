import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { SegmentReader } from "../../../db/segment/segment-reader.ts";

/** Segments of version 1 as they stand in databases: whatever changes, they stay readable. */
const STORED = {
  blocks:
    "01003f0000001b210e4201000000070000000c000000602d7d052c821943607ea2072c82194390257d052c8219436063eb062c821943602d7d052c821943607ea2072c8219430e0e6201000204ef0111c0843d000204ef0102021215000100000220010100e90700280103001119a01f0006c501000000000209f43d80de",
  whole:
    "0101450000000cf3e646030000000300000003000000e0fca30c2c821943000d90182c821943e0fca30c2c821943000d90182c821943e0fca30c2c821943000d90182c821943010604020201020000013c28146e0100a0d38913d0e9c409a8e439b9f75a010111003001ee05f403fa01803edc209925",
};
const START_US = 1_795_000_000_000_000;

test("a stored segment with a block per run reads as it was written", () => {
  const columns = new SegmentReader(Buffer.from(STORED.blocks, "hex")).readRun(7)!;
  expect([...columns.sequence]).toEqual([0, 1, 2, 4, 5, 6, 9]);
  expect([...columns.datagramTime]).toEqual(
    [0, 1, 2, 4, 5, 6, 9].map((sequence) => START_US + sequence * 1_000_000 + 7000),
  );
  expect([...columns.readingStart]).toEqual([0, 2, 4, 6, 8, 10, 12, 12]);
  expect([...columns.channel]).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
  expect([...columns.type]).toEqual([2, 5, 2, 5, 2, 5, 2, 5, 2, 5, 2, 5]);
  expect([...columns.value]).toEqual([20, 0, 20.25, 1, 20.5, 0, Number.NaN, 0, 21.25, 1, 21.5, 0]);
  expect(columns.readingTime[3]).toBe(START_US + 1_000_000 + 7000 - 500);
});

test("a stored segment of tiny runs reads as it was written", () => {
  const reader = new SegmentReader(Buffer.from(STORED.whole, "hex"));
  expect([...reader.runNumbers]).toEqual([3, 5, 8]);
  const read = [3, 5, 8].map((run) => {
    const { sequence, datagramTime, value } = reader.readRun(run)!;
    return [sequence[0], datagramTime[0], value[0]];
  });
  expect(read).toEqual([3, 5, 8].map((run) => [run * 10, START_US + run * 10_001_000, run / 8]));
});
