import { float64Of, lowestExponent } from "./float-bits.ts";
import type { Specials } from "./specials.ts";

/** `value = first + integer * 2^exponent`: floats of about one size, such as readings around 20 or `[0, 1)`, without their exponents. */
export interface FixedPoint {
  first: number;
  exponent: number;
}

export const MIN_EXPONENT = -1074;
export const MAX_EXPONENT = 1023;
/** of the integers, so that they and their differences are exact */
const MAX_SPREAD = 2 ** 53;

/** 2^exponent, exact also below 2^-1022. */
export const powerOfTwo = (exponent: number): number =>
  exponent < -1022
    ? 2 ** (exponent - MIN_EXPONENT) * Number.MIN_VALUE
    : float64Of((exponent + 1023) << 20, 0);

const isRegular = (value: number): boolean => Number.isFinite(value) && (value !== 0 || 1 / value > 0);

/** The greatest power of two that all regular values are multiples of, and the first of them; null when they spread too far. */
const findFixedPoint = (values: Float64Array, from: number, to: number): FixedPoint | null => {
  let first = Number.NaN;
  let exponent = MAX_EXPONENT;
  let min = Infinity;
  let max = -Infinity;
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    if (!isRegular(value)) continue;
    if (Number.isNaN(first)) first = value;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value !== 0) exponent = Math.min(exponent, lowestExponent(value));
  }
  const spread = (max - min) / powerOfTwo(exponent);
  return spread >= 0 && spread < MAX_SPREAD ? { first, exponent } : null;
};

/**
 * Turn `values[from..to)` into integers, differences to the first regular value; NaN, infinities and -0 go to `specials`.
 * @returns null when the values spread over too many powers of two
 */
export const scaleBinary = (
  values: Float64Array,
  from: number,
  to: number,
  integers: Float64Array,
  specials: Specials,
): FixedPoint | null => {
  const fixed = findFixedPoint(values, from, to);
  if (fixed === null) return null;
  const unit = powerOfTwo(fixed.exponent);
  specials.start(to - from);
  let last = 0;
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    // exact: both are multiples of the unit, and less than 2^53 units apart
    if (isRegular(value)) last = (value - fixed.first) / unit;
    else if (!specials.add(index - from, value)) return null;
    integers[index - from] = last;
  }
  return fixed;
};
