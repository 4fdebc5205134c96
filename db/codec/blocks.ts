import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { packedBits } from "./digits.ts";
import { type FramePlan, MAX_RANGE, planFrame, readFrame, writeFrame } from "./frame.ts";

/** Values per frame where a column is written as several: those whose spread changes on the way. */
const BLOCK = 64;
/** base, range and rounding to whole bytes */
const BLOCK_HEAD_BITS = 32;

const plan: FramePlan = { base: 0, range: 1, exceptions: 0, bits: 0 };

/** Whether frames of 64 would take fewer bits than one frame that takes `bits`. */
export const blocksPay = (values: Float64Array, from: number, to: number, bits: number): boolean => {
  if (to - from <= 2 * BLOCK) return false;
  let total = 0;
  for (let start = from; start < to && total < bits; start += BLOCK) {
    const stop = Math.min(start + BLOCK, to);
    total += BLOCK_HEAD_BITS + rangeBits(values, start, stop);
  }
  return total < bits;
};

const rangeBits = (values: Float64Array, from: number, to: number): number => {
  let min = values[from]!;
  let max = min;
  for (let index = from + 1; index < to; index++) {
    const value = values[index]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  const range = max - min + 1;
  return range > MAX_RANGE ? Infinity : packedBits(to - from, range);
};

export const writeBlocks = (out: ByteWriter, values: Float64Array, from: number, to: number): void => {
  for (let start = from; start < to; start += BLOCK) {
    const stop = Math.min(start + BLOCK, to);
    planFrame(values, start, stop, plan);
    writeFrame(out, values, start, stop, plan);
  }
};

export const readBlocks = (input: ByteReader, count: number, values: Float64Array, at: number): void => {
  for (let done = 0; done < count; done += BLOCK) {
    readFrame(input, Math.min(BLOCK, count - done), values, at + done);
  }
};
