import { bitLength } from "./digits.ts";
import { type FramePlan, planFrame, typicalOf } from "./frame.ts";
import { fitLine, type Line } from "./line.ts";
import { Scratch } from "./scratch.ts";

/** What is written in place of `y`, the differences of a column's values to its first one. */
export const TRANSFORM = {
  /** y[1..] */
  OFFSET: 0,
  /** y[i] - y[i-1] */
  DELTA: 1,
  /** the first delta, then how each delta differs from the one before */
  DELTA2: 2,
  /** y[i] minus a straight line over another column */
  LINE: 3,
  /** the column in two halves, where a frame would be too wide (integers.ts) */
  SPLIT: 4,
} as const;
export type Transform = (typeof TRANSFORM)[keyof typeof TRANSFORM];

/** How a column is going to be written. */
export interface ColumnPlan {
  transform: Transform;
  /** what to write, `values[start..count)` */
  values: Float64Array;
  start: number;
  frame: FramePlan;
  line: Line | null;
}

/** a line costs about four bytes, so short columns do without */
const MIN_LINE = 12;
const LINE_BITS = 32;
const MIN_DELTA2 = 4;
const MAX_DELTA = 2 ** 52;

const deltas = new Scratch();
const residuals = new Scratch();
const newFrame = (): FramePlan => ({ base: 0, range: 1, exceptions: 0, bits: 0 });
const lineFrame = newFrame();
const plan: ColumnPlan = {
  transform: TRANSFORM.OFFSET,
  values: new Float64Array(0),
  start: 1,
  frame: newFrame(),
  line: null,
};

/**
 * Choose how to write `y[0..count)`, `count` at least 2.
 * @param x - see `fitLine`; null: no line
 * @returns valid until the next call
 */
export const planColumn = (
  y: Float64Array,
  count: number,
  x: Float64Array | null,
  xFrom: number,
): Readonly<ColumnPlan> => {
  planDifferences(y, count);
  planFrame(plan.values, plan.start, count, plan.frame);
  if (x === null || count < MIN_LINE || plan.frame.range === 1) return plan;
  const rest = residuals.take(count);
  const line = fitLine(y, x, xFrom, count, rest);
  if (line === null) return plan;
  planFrame(rest, 1, count, lineFrame);
  if (lineFrame.bits + LINE_BITS >= plan.frame.bits) return plan;
  plan.transform = TRANSFORM.LINE;
  plan.values = rest;
  plan.start = 1;
  plan.line = line;
  Object.assign(plan.frame, lineFrame);
  return plan;
};

/** Prepare the best of offsets, deltas and deltas of deltas. */
const planDifferences = (y: Float64Array, count: number): void => {
  const delta = deltas.take(count);
  for (let index = 1; index < count; index++) delta[index] = y[index]! - y[index - 1]!;
  plan.line = null;
  plan.start = 1;
  plan.values = delta;
  plan.transform = chooseDifference(y, delta, count);
  if (plan.transform === TRANSFORM.OFFSET) {
    plan.values = y;
  } else if (plan.transform === TRANSFORM.DELTA2) {
    plan.start = 2;
    for (let index = count - 1; index >= 2; index--) delta[index] = delta[index]! - delta[index - 1]!;
  }
};

/** A long column is judged by stretches of it. */
const STRETCH = 64;
const MAX_STRETCHES = 4;

/** By the sum of bit lengths: unlike the range it forgives outliers. */
const chooseDifference = (y: Float64Array, delta: Float64Array, count: number): Transform => {
  const typicalOffset = typicalOf(y, 1, count);
  const typicalDelta = typicalOf(delta, 1, count);
  const stretches = count > STRETCH * MAX_STRETCHES ? MAX_STRETCHES : 1;
  const size = stretches === 1 ? count - 1 : STRETCH;
  let offsetBits = 0;
  let deltaBits = 0;
  let delta2Bits = 0;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = 1 + Math.floor(((count - 1 - size) * stretch) / MAX_STRETCHES);
    let last = delta[start]!;
    for (let index = start; index < start + size; index++) {
      const step = delta[index]!;
      offsetBits += bitLength(Math.abs(y[index]! - typicalOffset));
      deltaBits += bitLength(Math.abs(step - typicalDelta));
      delta2Bits += bitLength(Math.abs(step - last));
      last = step;
    }
  }
  if (offsetBits < deltaBits && offsetBits <= delta2Bits) return TRANSFORM.OFFSET;
  return delta2Bits < deltaBits && canDoubleDelta(delta, count) ? TRANSFORM.DELTA2 : TRANSFORM.DELTA;
};

/** Differences of deltas are exact. */
const canDoubleDelta = (delta: Float64Array, count: number): boolean => {
  if (count < MIN_DELTA2) return false;
  for (let index = 1; index < count; index++) if (Math.abs(delta[index]!) > MAX_DELTA) return false;
  return true;
};

/** `values[at + 1..at + count)` hold deltas: make them sums, `values[at]` being 0. */
export const undoDelta = (values: Float64Array, at: number, count: number): void => {
  let sum = 0;
  for (let index = at; index < at + count; index++) {
    sum += values[index]!;
    values[index] = sum;
  }
};

/** `values[at + 1]` holds the first delta, what follows how each differs from the one before. */
export const undoDelta2 = (values: Float64Array, at: number, count: number): void => {
  let delta = 0;
  let sum = 0;
  for (let index = at; index < at + count; index++) {
    delta += values[index]!;
    sum += delta;
    values[index] = sum;
  }
};
