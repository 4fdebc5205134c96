import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { SegmentCorruptError } from "./corrupt.ts";
import { POWERS, scaleDecimals } from "./decimals.ts";
import { MAX_EXPONENT, MIN_EXPONENT, powerOfTwo, scaleBinary } from "./fixed-point.ts";
import { float32OfOrdered, float64Of, highWord, lowWord, orderedFloat32, sameBits } from "./float-bits.ts";
import { decodeIntegers, encodeIntegers } from "./integers.ts";
import { Scratch } from "./scratch.ts";
import { Specials } from "./specials.ts";

/**
 * A column of float64 values, given back bit for bit, NaN, infinities and -0 included. Whatever the type was on the wire, each column is
 * written as the integers that suit its values.
 */
const KIND = {
  /** integer / 10^digits: integers, booleans, decimal fractions */
  DECIMAL: 0,
  /** the same, rounded to float32 */
  DECIMAL32: 1,
  /** the ordered bits of float32 */
  FLOAT32: 2,
  /** first + integer * 2^exponent */
  FIXED: 3,
  /** high and low words of float64 as two columns */
  WORDS: 4,
  /** eight bytes each */
  RAW: 5,
} as const;
type Kind = (typeof KIND)[keyof typeof KIND];
const KIND_MASK = 0b111;
const SPECIALS = 0b1000;
const DIGITS_SHIFT = 4;

const integersScratch = new Scratch();
const wordsScratch = new Scratch();
const specials = new Specials();

/** Append `values[from..to)`. An empty column takes no byte. */
export const encodeValues = (out: ByteWriter, values: Float64Array, from: number, to: number): void => {
  if (from === to) return;
  const start = out.length;
  if (encodeDecimals(out, values, from, to, false)) return;
  if (isFloat32(values, from, to)) {
    if (!encodeDecimals(out, values, from, to, true)) encodeFloat32(out, values, from, to);
    return;
  }
  if (!encodeFixed(out, values, from, to)) encodeWords(out, values, from, to);
  if (out.length - start <= 8 * (to - from)) return;
  out.truncate(start);
  out.u8(KIND.RAW);
  for (let index = from; index < to; index++) out.f64(values[index]!);
};

const writeHead = (out: ByteWriter, kind: Kind, digits: number, hasSpecials: boolean): void => {
  out.u8(kind | (hasSpecials ? SPECIALS : 0) | (digits << DIGITS_SHIFT));
};

const encodeDecimals = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  asFloat32: boolean,
): boolean => {
  const integers = integersScratch.take(to - from);
  const scale = scaleDecimals(values, from, to, asFloat32, integers, specials);
  if (scale === null) return false;
  const hasSpecials = specials.count > 0;
  writeHead(out, asFloat32 ? KIND.DECIMAL32 : KIND.DECIMAL, scale.digits, hasSpecials);
  if (hasSpecials) specials.write(out);
  encodeIntegers(out, integers, 0, to - from);
  return true;
};

const isFloat32 = (values: Float64Array, from: number, to: number): boolean => {
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    if (Math.fround(value) === value) continue;
    if (!Number.isNaN(value) || !sameBits(value, float32OfOrdered(orderedFloat32(value)))) return false;
  }
  return true;
};

const encodeFloat32 = (out: ByteWriter, values: Float64Array, from: number, to: number): void => {
  const integers = integersScratch.take(to - from);
  for (let index = from; index < to; index++) integers[index - from] = orderedFloat32(values[index]!);
  writeHead(out, KIND.FLOAT32, 0, false);
  encodeIntegers(out, integers, 0, to - from);
};

const encodeFixed = (out: ByteWriter, values: Float64Array, from: number, to: number): boolean => {
  const integers = integersScratch.take(to - from);
  const fixed = scaleBinary(values, from, to, integers, specials);
  if (fixed === null) return false;
  const hasSpecials = specials.count > 0;
  writeHead(out, KIND.FIXED, 0, hasSpecials);
  if (hasSpecials) specials.write(out);
  out.f64(fixed.first);
  out.signedVarint(fixed.exponent);
  encodeIntegers(out, integers, 0, to - from);
  return true;
};

const encodeWords = (out: ByteWriter, values: Float64Array, from: number, to: number): void => {
  const words = integersScratch.take(to - from);
  writeHead(out, KIND.WORDS, 0, false);
  for (let index = from; index < to; index++) words[index - from] = highWord(values[index]!);
  encodeIntegers(out, words, 0, to - from);
  for (let index = from; index < to; index++) words[index - from] = lowWord(values[index]!);
  encodeIntegers(out, words, 0, to - from);
};

/**
 * Read a column of `count` values into `values[at..]`.
 * @throws SegmentCorruptError
 */
export const decodeValues = (input: ByteReader, count: number, values: Float64Array, at: number): void => {
  if (count === 0) return;
  const head = input.u8();
  const kind = head & KIND_MASK;
  const hasSpecials = (head & SPECIALS) !== 0;
  const digits = head >> DIGITS_SHIFT;
  const takesDigits = kind === KIND.DECIMAL || kind === KIND.DECIMAL32;
  if ((digits > 0 && !takesDigits) || (hasSpecials && !takesDigits && kind !== KIND.FIXED)) {
    throw new SegmentCorruptError("unknown flags of a value column");
  }
  if (hasSpecials) specials.read(input, count);
  decodeKind(input, kind, digits, count, values, at);
  if (hasSpecials) specials.apply(values, at);
};

const decodeKind = (
  input: ByteReader,
  kind: number,
  digits: number,
  count: number,
  values: Float64Array,
  at: number,
): void => {
  const end = at + count;
  switch (kind) {
    case KIND.DECIMAL:
    case KIND.DECIMAL32:
      decodeIntegers(input, count, values, at);
      if (kind === KIND.DECIMAL32) divideToFloat32(values, at, end, POWERS[digits]!);
      else if (digits > 0) divideToFloat64(values, at, end, POWERS[digits]!);
      return;
    case KIND.FLOAT32:
      decodeIntegers(input, count, values, at);
      for (let index = at; index < end; index++) values[index] = float32OfOrdered(values[index]!);
      return;
    case KIND.FIXED:
      decodeFixed(input, count, values, at);
      return;
    case KIND.WORDS:
      decodeWords(input, count, values, at);
      return;
    case KIND.RAW:
      for (let index = at; index < end; index++) values[index] = input.f64();
      return;
    default:
      throw new SegmentCorruptError("unknown kind of a value column");
  }
};

const divideToFloat64 = (values: Float64Array, at: number, end: number, power: number): void => {
  for (let index = at; index < end; index++) values[index] = values[index]! / power;
};

const divideToFloat32 = (values: Float64Array, at: number, end: number, power: number): void => {
  for (let index = at; index < end; index++) values[index] = Math.fround(values[index]! / power);
};

const decodeFixed = (input: ByteReader, count: number, values: Float64Array, at: number): void => {
  const first = input.f64();
  const exponent = input.signedVarint();
  if (exponent < MIN_EXPONENT || exponent > MAX_EXPONENT)
    throw new SegmentCorruptError("an exponent is out of range");
  const unit = powerOfTwo(exponent);
  decodeIntegers(input, count, values, at);
  for (let index = at; index < at + count; index++) values[index] = first + values[index]! * unit;
};

const decodeWords = (input: ByteReader, count: number, values: Float64Array, at: number): void => {
  const high = wordsScratch.take(count);
  decodeIntegers(input, count, high, 0);
  decodeIntegers(input, count, values, at);
  for (let index = 0; index < count; index++)
    values[at + index] = float64Of(high[index]!, values[at + index]!);
};
