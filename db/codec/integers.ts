import { MisuseError } from "../../common/errors.ts";
import { blocksPay, readBlocks, writeBlocks } from "./blocks.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { SegmentCorruptError } from "./corrupt.ts";
import { bitLength } from "./digits.ts";
import { MAX_RANGE, readFrame, writeFrame } from "./frame.ts";
import { addLine, MAX_SHIFT } from "./line.ts";
import { Scratch } from "./scratch.ts";
import { planColumn, TRANSFORM, undoDelta, undoDelta2 } from "./transform.ts";

/**
 * A column of integers. None: no byte. One: a signed varint. More: a head byte (the transform and two flags), the divisor if there is one,
 * the first value, what the transform needs, then one frame, or frames of 64, of what it leaves. docs/storage.md has it byte by byte.
 */
const TRANSFORM_MASK = 0b111;
const BLOCKS = 0b1000;
const DIVISOR = 0b1_0000;
const HEAD_MASK = 0b1_1111;

/** SPLIT: `x - min` below 2^53 is cut into 26 high and 27 low bits */
const SPLIT_AT = 2 ** 27;

const offsets = new Scratch();

/**
 * @param values - integers; those in [from, to) lie within 2^53 of 0, of `origin`, and less than 2^53 of each other
 * @param origin - taken off the first value; the decoder is given the same
 * @param x - a column with the same indices that the values may grow along with (sequence numbers, for times); null for none
 * @throws MisuseError when the values differ by anything but integers
 */
export const encodeIntegers = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  origin = 0,
  x: Float64Array | null = null,
): void => {
  const count = to - from;
  if (count === 0) return;
  const first = values[from]! - origin;
  if (count === 1) {
    out.signedVarint(first);
    return;
  }
  const step = evenStep(values, from, to);
  if (Number.isInteger(step)) {
    out.u8(TRANSFORM.DELTA);
    out.signedVarint(first);
    writeFrame(out, values, from + 1, to, { base: step, range: 1, exceptions: 0, bits: 0 });
    return;
  }
  const y = offsets.take(count);
  const divisor = divide(values, from, count, y);
  const { transform, values: rest, start, frame, line } = planColumn(y, count, x, from);
  if (frame.range > MAX_RANGE) {
    encodeSplit(out, values, from, to, origin);
    return;
  }
  const blocks = blocksPay(rest, start, count, frame.bits);
  out.u8(transform | (blocks ? BLOCKS : 0) | (divisor > 1 ? DIVISOR : 0));
  if (divisor > 1) out.varint(divisor);
  out.signedVarint(first);
  if (transform === TRANSFORM.DELTA2) out.signedVarint(y[1]!);
  if (line !== null) {
    out.signedVarint(line.slope);
    out.u8(line.shift);
  }
  if (blocks) writeBlocks(out, rest, start, count);
  else writeFrame(out, rest, start, count, frame);
};

/** What each value differs from the one before, NaN when that varies. Sequence numbers mostly grow by one: nothing needs to be searched for. */
const evenStep = (values: Float64Array, from: number, to: number): number => {
  const step = values[from + 1]! - values[from]!;
  for (let index = from + 2; index < to; index++) {
    if (values[index]! - values[index - 1]! !== step) return Number.NaN;
  }
  return step;
};

/**
 * Fill `y` with the differences to the first value, divided by their greatest common divisor where that saves bytes: times in whole
 * milliseconds, values in steps of 1/16.
 * @returns the divisor, 1 for none
 */
const divide = (values: Float64Array, from: number, count: number, y: Float64Array): number => {
  const first = values[from]!;
  let divisor = 0;
  let fractions = 0;
  for (let index = 0; index < count; index++) {
    const offset = values[from + index]! - first;
    y[index] = offset;
    fractions += offset - Math.floor(offset);
    if (divisor !== 1) divisor = commonDivisor(divisor, Math.abs(offset));
  }
  // true for NaN and infinities, too
  if (fractions !== 0) throw new MisuseError("a column of integers with something else in it");
  // what it costs to write against what it takes off each value
  if (divisor <= 1 || (count - 1) * (bitLength(divisor) - 1) <= 8 + 2 * bitLength(divisor)) return 1;
  for (let index = 0; index < count; index++) y[index] = y[index]! / divisor;
  return divisor;
};

/** Remainders by division: `%` on numbers beyond 32 bits is a slow call, and below 2^53 the quotient is exact. */
const commonDivisor = (known: number, value: number): number => {
  if (known === 0) return value;
  let divisor = known;
  let rest = value - Math.floor(value / divisor) * divisor;
  while (rest > 0) {
    const next = divisor - Math.floor(divisor / rest) * rest;
    divisor = rest;
    rest = next;
  }
  return divisor;
};

const encodeSplit = (
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  origin: number,
): void => {
  const count = to - from;
  let min = values[from]!;
  for (let index = from; index < to; index++) if (values[index]! < min) min = values[index]!;
  const high = new Float64Array(count);
  const low = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const offset = values[from + index]! - min;
    high[index] = Math.floor(offset / SPLIT_AT);
    low[index] = offset - high[index]! * SPLIT_AT;
  }
  out.u8(TRANSFORM.SPLIT);
  out.signedVarint(min - origin);
  encodeIntegers(out, high, 0, count);
  encodeIntegers(out, low, 0, count);
};

/**
 * Read a column of `count` integers into `values[at..]`.
 * @param origin, x - as given to the encoder; `x[0]` is of the first integer
 * @throws SegmentCorruptError
 */
export const decodeIntegers = (
  input: ByteReader,
  count: number,
  values: Float64Array,
  at: number,
  origin = 0,
  x: Float64Array | null = null,
): void => {
  if (count === 0) return;
  if (count === 1) {
    values[at] = origin + input.signedVarint();
    return;
  }
  const head = input.u8();
  if (head === TRANSFORM.SPLIT) decodeSplit(input, count, values, at, origin);
  else decodeHeaded(input, head, count, values, at, origin, x);
};

const decodeHeaded = (
  input: ByteReader,
  head: number,
  count: number,
  values: Float64Array,
  at: number,
  origin: number,
  x: Float64Array | null,
): void => {
  if ((head & ~HEAD_MASK) !== 0) throw new SegmentCorruptError("unknown flags of a column");
  const divisor = (head & DIVISOR) === 0 ? 1 : input.varint();
  const first = origin + input.signedVarint();
  undoTransform(input, head, count, values, at, x);
  if (divisor === 1) for (let index = at; index < at + count; index++) values[index] = first + values[index]!;
  else for (let index = at; index < at + count; index++) values[index] = first + values[index]! * divisor;
};

const readFrames = (
  input: ByteReader,
  head: number,
  count: number,
  values: Float64Array,
  at: number,
): void => {
  if ((head & BLOCKS) === 0) readFrame(input, count, values, at);
  else readBlocks(input, count, values, at);
};

/** Read frames and undo the transform: `values[at..at + count)` are the differences to the first, divided. */
const undoTransform = (
  input: ByteReader,
  head: number,
  count: number,
  values: Float64Array,
  at: number,
  x: Float64Array | null,
): void => {
  values[at] = 0;
  switch (head & TRANSFORM_MASK) {
    case TRANSFORM.OFFSET:
      readFrames(input, head, count - 1, values, at + 1);
      return;
    case TRANSFORM.DELTA:
      readFrames(input, head, count - 1, values, at + 1);
      undoDelta(values, at, count);
      return;
    case TRANSFORM.DELTA2:
      values[at + 1] = input.signedVarint();
      readFrames(input, head, count - 2, values, at + 2);
      undoDelta2(values, at, count);
      return;
    case TRANSFORM.LINE: {
      if (x === null) throw new SegmentCorruptError("a line in a column that has none");
      const line = { slope: input.signedVarint(), shift: input.u8() };
      if (line.shift > MAX_SHIFT) throw new SegmentCorruptError("a line with an unknown shift");
      readFrames(input, head, count - 1, values, at + 1);
      addLine(values, at, x, count, line);
      return;
    }
    default:
      throw new SegmentCorruptError("unknown transform of a column");
  }
};

/** The halves are never split again. */
const decodeSplit = (
  input: ByteReader,
  count: number,
  values: Float64Array,
  at: number,
  origin: number,
): void => {
  const min = origin + input.signedVarint();
  const high = new Float64Array(count);
  const low = new Float64Array(count);
  decodeHeaded(input, input.u8(), count, high, 0, 0, null);
  decodeHeaded(input, input.u8(), count, low, 0, 0, null);
  for (let index = 0; index < count; index++)
    values[at + index] = min + (high[index]! * SPLIT_AT + low[index]!);
};
