import type { Specials } from "./specials.ts";

/**
 * Decimal fractions as integers: `value = integer / 10^digits`, correctly rounded, which gives back the float64 (or, rounded once
 * more, the float32) that is nearest to the decimal number a sensor meant.
 */
export interface Scale {
  /** decimal places, [0, MAX_DIGITS] */
  digits: number;
  /** the quotient is rounded to float32 */
  isFloat32: boolean;
}

const MAX_DIGITS = 15;
const SAMPLES = 16;
/** integers must be exact, and less than 2^53 of each other */
const MAX_INTEGER = 2 ** 52;
/** more digits than a float32 has would say nothing */
const MAX_INTEGER_32 = 2 ** 24;

export const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => Number(`1e${digits}`));

const limitOf = (isFloat32: boolean): number => (isFloat32 ? MAX_INTEGER_32 : MAX_INTEGER);

const isExact = (value: number, integer: number, power: number, isFloat32: boolean): boolean => {
  const quotient = integer / power;
  return (isFloat32 ? Math.fround(quotient) : quotient) === value;
};

/** Whether so many decimal places give the value back. */
const hasDigits = (value: number, digits: number, isFloat32: boolean): boolean => {
  const power = POWERS[digits]!;
  const integer = Math.round(value * power);
  return Math.abs(integer) <= limitOf(isFloat32) && isExact(value, integer, power, isFloat32);
};

/** Fewest decimal places that give the value back; -1 when none do. NaN and infinities have none. */
const decimalDigits = (value: number, isFloat32: boolean): number => {
  const limit = limitOf(isFloat32);
  for (let digits = 0; digits <= MAX_DIGITS; digits++) {
    const power = POWERS[digits]!;
    const integer = Math.round(value * power);
    // also false for NaN
    if (!(Math.abs(integer) <= limit)) return -1;
    if (isExact(value, integer, power, isFloat32)) return digits;
  }
  return -1;
};

/** Decimal places that suit a sample of the finite values; null when a quarter of it has none. */
const sampleScale = (values: Float64Array, from: number, to: number, isFloat32: boolean): Scale | null => {
  const step = Math.max(1, (to - from) / SAMPLES);
  let digits = 0;
  let sampled = 0;
  let failed = 0;
  for (let at = from; at < to; at += step) {
    const value = values[Math.floor(at)]!;
    if (!Number.isFinite(value)) continue;
    sampled++;
    // mostly no more are needed than by those before
    if (hasDigits(value, digits, isFloat32)) continue;
    const needed = decimalDigits(value, isFloat32);
    if (needed > digits) digits = needed;
    if (needed < 0 && ++failed * 4 > SAMPLES) return null;
  }
  return failed * 4 > sampled || sampled === 0 ? null : { digits, isFloat32 };
};

/**
 * Scale `values[from..to)` into `integers[0..)`. What no such integer gives back goes to `specials`, and its place repeats the integer before.
 * @returns false when there are more than a few
 */
const applyScale = (
  values: Float64Array,
  from: number,
  to: number,
  { digits, isFloat32 }: Scale,
  integers: Float64Array,
  specials: Specials,
): boolean => {
  const power = POWERS[digits]!;
  const limit = limitOf(isFloat32);
  specials.start(to - from);
  let last = 0;
  for (let index = from; index < to; index++) {
    const value = values[index]!;
    const integer = Math.round(value * power);
    const isRegular =
      Math.abs(integer) <= limit &&
      isExact(value, integer, power, isFloat32) &&
      (integer !== 0 || 1 / value > 0);
    if (isRegular) last = integer;
    else if (!specials.add(index - from, value)) return false;
    integers[index - from] = last;
  }
  return true;
};

/** Decimal places that would make regular the specials found so far; at least `digits`. */
const digitsOfSpecials = (specials: Specials, { digits, isFloat32 }: Scale): number => {
  let most = digits;
  for (let index = 0; index < specials.count; index++) {
    const needed = decimalDigits(specials.values[index]!, isFloat32);
    if (needed > most) most = needed;
  }
  return most;
};

/**
 * Turn `values[from..to)` into decimal integers.
 * @param integers - receives `to - from` integers within 2^52
 * @param specials - receives what the integers do not give back bit for bit
 * @returns null when the values are not decimal fractions
 */
export const scaleDecimals = (
  values: Float64Array,
  from: number,
  to: number,
  isFloat32: boolean,
  integers: Float64Array,
  specials: Specials,
): Scale | null => {
  const scale = sampleScale(values, from, to, isFloat32);
  if (scale === null) return null;
  while (!applyScale(values, from, to, scale, integers, specials)) {
    // the sample happened to be rounder than the rest
    const digits = digitsOfSpecials(specials, scale);
    if (digits === scale.digits) return null;
    scale.digits = digits;
  }
  return scale;
};
