import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { SegmentCorruptError } from "./corrupt.ts";
import { bitLength, packDigits, packedBits, unpackDigits } from "./digits.ts";

/**
 * A frame holds integers as digits above a base: `base`, `2 * (range - 1) + patched`, the digits, and when patched the
 * exceptions. Exceptions are values outside of [base, base + range); they keep a few outliers from widening all the others.
 */
export interface FramePlan {
  base: number;
  /** digits are in [0, range) */
  range: number;
  exceptions: number;
  /** about what the frame costs */
  bits: number;
}

/** A greater range is written in two halves (integers.ts). */
export const MAX_RANGE = 2 ** 52;
/** fewer values than this are not worth a search for outliers */
const MIN_PATCHED = 12;

const lengths = new Uint32Array(56);
const samples = new Float64Array(7);

/** Median of seven values spread over [from, to). */
export const typicalOf = (values: Float64Array, from: number, to: number): number => {
  const step = (to - from) / samples.length;
  for (let index = 0; index < samples.length; index++) {
    const sample = values[from + Math.floor(index * step)]!;
    let at = index;
    // insertion: for seven numbers a call of the built-in sort takes longer
    for (; at > 0 && samples[at - 1]! > sample; at--) samples[at] = samples[at - 1]!;
    samples[at] = sample;
  }
  return samples[samples.length >> 1]!;
};

const signedVarintBits = (value: number): number => 8 * Math.ceil((bitLength(Math.abs(value)) + 1) / 7);

/** Bytes of one exception, roughly: its distance from the last one and its value. */
const exceptionBits = (length: number): number => 8 + 8 * Math.ceil((length + 1) / 7);

/** Plan a frame for `values[from..to)`, integers within 2^53. Its range may exceed MAX_RANGE, then it must not be written. */
export const planFrame = (values: Float64Array, from: number, to: number, plan: FramePlan): void => {
  const centre = typicalOf(values, from, to);
  let min = centre;
  let max = centre;
  let distance = 0;
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    if (value < min) min = value;
    else if (value > max) max = value;
    distance += Math.abs(value - centre);
  }
  const count = to - from;
  const range = max - min + 1;
  plan.base = min;
  plan.range = range;
  plan.exceptions = 0;
  plan.bits = signedVarintBits(min) + signedVarintBits(range - 1);
  plan.bits += range > MAX_RANGE ? 53 * count : packedBits(count, range);
  // evenly spread values are a quarter of the range away from its middle; outliers push that down
  if (count >= MIN_PATCHED && distance * 11 < range * count) planPatched(values, from, to, centre, plan);
};

const planPatched = (
  values: Float64Array,
  from: number,
  to: number,
  centre: number,
  plan: FramePlan,
): void => {
  const count = to - from;
  const width = bestWidth(values, from, to, centre);
  if (width < 0) return;
  const limit = 2 ** width;
  let min = centre;
  let max = centre;
  let exceptions = 0;
  let bits = 0;
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    if (Math.abs(value - centre) >= limit) {
      exceptions++;
      bits += 8 + signedVarintBits(value);
    } else if (value < min) min = value;
    else if (value > max) max = value;
  }
  const range = max - min + 1;
  if (range > MAX_RANGE) return;
  bits += 16 + signedVarintBits(min) + signedVarintBits(range - 1) + packedBits(count, range);
  if (bits >= plan.bits) return;
  plan.base = min;
  plan.range = range;
  plan.exceptions = exceptions;
  plan.bits = bits;
};

/** How many bits of distance from `centre` a regular value may have, so that digits and exceptions cost least; -1: all are regular. */
const bestWidth = (values: Float64Array, from: number, to: number, centre: number): number => {
  lengths.fill(0);
  let longest = 0;
  for (let index = from; index < to; index++) {
    const length = bitLength(Math.abs(values[index]! - centre));
    lengths[length]!++;
    if (length > longest) longest = length;
  }
  const count = to - from;
  let best = longest;
  let bestBits = count * (longest + 1);
  let outside = 0;
  for (let width = longest - 1; width >= 0; width--) {
    outside += lengths[width + 1]! * exceptionBits(width + 1);
    const bits = outside + (width === 0 ? 0 : count * (width + 1));
    if (bits < bestBits) {
      bestBits = bits;
      best = width;
    }
  }
  return best === longest ? -1 : best;
};

export const writeFrame = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  plan: FramePlan,
): void => {
  const { base, range, exceptions } = plan;
  out.signedVarint(base);
  out.varint((range - 1) * 2 + (exceptions > 0 ? 1 : 0));
  packDigits(out, values, from, to, base, range);
  if (exceptions > 0) writeExceptions(out, values, from, to, plan);
};

const writeExceptions = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  { base, range, exceptions }: FramePlan,
): void => {
  out.varint(exceptions);
  let next = from;
  for (let index = from; index < to; index++) {
    const digit = values[index]! - base;
    if (digit >= 0 && digit < range) continue;
    out.varint(index - next);
    out.signedVarint(values[index]!);
    next = index + 1;
  }
};

/** Read a frame of `count` integers into `values[at..]`. */
export const readFrame = (input: ByteReader, count: number, values: Float64Array, at: number): void => {
  const base = input.signedVarint();
  const head = input.varint();
  const range = Math.floor(head / 2) + 1;
  if (range > MAX_RANGE) throw new SegmentCorruptError("a frame is too wide");
  unpackDigits(input, count, values, at, base, range);
  if (head % 2 === 1) readExceptions(input, values, at, at + count);
};

const readExceptions = (input: ByteReader, values: Float64Array, at: number, end: number): void => {
  const exceptions = input.varint();
  let next = at;
  for (let index = 0; index < exceptions; index++) {
    next += input.varint();
    if (next >= end) throw new SegmentCorruptError("an exception lies outside of its frame");
    values[next++] = input.signedVarint();
  }
};
