import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/**
 * Packs digits in [0, range) close to their entropy: `digits` of them are written as one number of base `range` in `bits` bits. Ten values
 * cost 3.33 bits each instead of 4. A power of two gives plain bit fields.
 */
export interface Grouping {
  digits: number;
  bits: number;
}

const MAX_GROUP = 2 ** 53;

const TWO_32 = 2 ** 32;

/** Bits of an integer in [0, 2^54]. */
export const bitLength = (value: number): number =>
  value < TWO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / TWO_32);

/** The grouping with the fewest bits per digit among those of at most 53 bits; of equals the one with fewer digits. */
const computeGrouping = (range: number): Grouping => {
  let best = { digits: 1, bits: bitLength(range - 1) };
  let power = range * range;
  for (let digits = 2; power <= MAX_GROUP && digits <= 53; digits++, power *= range) {
    const bits = bitLength(power - 1);
    if (bits * best.digits < best.bits * digits) best = { digits, bits };
  }
  return best;
};

const SMALL_RANGES = 4096;
const groupings: (Grouping | undefined)[] = new Array(SMALL_RANGES).fill(undefined);

/** @param range - integer in [1, 2^52] */
const groupingOf = (range: number): Grouping => {
  if (range >= SMALL_RANGES) return computeGrouping(range);
  let grouping = groupings[range];
  if (grouping === undefined) {
    grouping = computeGrouping(range);
    groupings[range] = grouping;
  }
  return grouping;
};

/** Bits of a group of `digits` digits. Multiplied out: a power function need not be exact, and every decoder must agree. */
const groupBits = (range: number, digits: number): number => {
  let power = 1;
  for (let index = 0; index < digits; index++) power *= range;
  return bitLength(power - 1);
};

/** Bits that `count` digits take. */
export const packedBits = (count: number, range: number): number => {
  const { digits, bits } = groupingOf(range);
  const rest = count % digits;
  return ((count - rest) / digits) * bits + groupBits(range, rest);
};

/** Write `values[from..to) - base`; what lies outside of [0, range) is written as 0. */
export const packDigits = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  base: number,
  range: number,
): void => {
  if (range === 1) return;
  const { digits, bits } = groupingOf(range);
  out.reserve((packedBits(to - from, range) + 7) >> 3);
  for (let start = from; start < to; start += digits) {
    const end = start + digits;
    const stop = Math.min(end, to);
    let group = 0;
    // the first digit of a group is its least significant one, so that it comes out first
    for (let index = stop - 1; index >= start; index--) {
      const digit = values[index]! - base;
      group = group * range + (digit >= 0 && digit < range ? digit : 0);
    }
    out.bits(group, end <= to ? bits : groupBits(range, to - start));
  }
  out.flushBits();
};

/** Read `count` digits into `values[at..]`, adding `base` to each. */
export const unpackDigits = (
  input: ByteReader,
  count: number,
  values: Float64Array,
  at: number,
  base: number,
  range: number,
): void => {
  if (range === 1) {
    values.fill(base, at, at + count);
    return;
  }
  const { digits, bits } = groupingOf(range);
  const from = input.skip(Math.ceil(packedBits(count, range) / 8));
  if (digits === 1) {
    for (let index = 0, bit = 0; index < count; index++, bit += bits) {
      values[at + index] = base + input.bitsAt(from, bit, bits);
    }
    return;
  }
  const end = at + count;
  for (let start = at, bit = 0; start < end; start += digits, bit += bits) {
    const stop = Math.min(start + digits, end);
    const width = start + digits <= end ? bits : groupBits(range, end - start);
    unpackGroup(input.bitsAt(from, bit, width), values, start, stop, base, range);
  }
};

const unpackGroup = (
  group: number,
  values: Float64Array,
  start: number,
  stop: number,
  base: number,
  range: number,
): void => {
  let rest = group;
  for (let index = start; index < stop; index++) {
    // exact: below 2^53 the quotient of two integers never rounds up to the next one
    const quotient = Math.floor(rest / range);
    values[index] = base + (rest - quotient * range);
    rest = quotient;
  }
};
