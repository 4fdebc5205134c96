import { bitLength } from "./digits.ts";

/**
 * A straight line through whole numbers that any decoder computes alike: `floor(x * slope / 2^shift)`, where `x * slope` stays
 * within 2^53 and is therefore exact.
 */
export interface Line {
  /** integer */
  slope: number;
  /** [0, MAX_SHIFT] */
  shift: number;
}

export const MAX_SHIFT = 40;
const MAX_PRODUCT = 2 ** 53;

const floorLine = (x: number, slope: number, divisor: number): number => Math.floor((x * slope) / divisor);

/** `residuals[i] = y[i] - line(x[i] - x[0])`. */
const subtractLine = (
  y: Float64Array,
  x: Float64Array,
  xFrom: number,
  count: number,
  { slope, shift }: Line,
  residuals: Float64Array,
): void => {
  const origin = x[xFrom]!;
  const divisor = 2 ** shift;
  for (let index = 0; index < count; index++) {
    residuals[index] = y[index]! - floorLine(x[xFrom + index]! - origin, slope, divisor);
  }
};

/** Undo `subtractLine` in place. */
export const addLine = (
  y: Float64Array,
  yFrom: number,
  x: Float64Array,
  count: number,
  { slope, shift }: Line,
): void => {
  const origin = x[0]!;
  const divisor = 2 ** shift;
  for (let index = 0; index < count; index++) {
    y[yFrom + index] = y[yFrom + index]! + floorLine(x[index]! - origin, slope, divisor);
  }
};

interface Fit {
  slope: number;
  /** standard deviation of y from the line */
  deviation: number;
}

/** Least squares through (x - x[0], y); null when x does not ascend. */
const leastSquares = (y: Float64Array, x: Float64Array, xFrom: number, count: number): Fit | null => {
  const origin = x[xFrom]!;
  let last = -1;
  let [sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const distance = x[xFrom + index]! - origin;
    if (distance <= last) return null;
    last = distance;
    const value = y[index]!;
    sumX += distance;
    sumY += value;
    sumXX += distance * distance;
    sumXY += distance * value;
    sumYY += value * value;
  }
  const products = sumXY - (sumX * sumY) / count;
  const slope = products / (sumXX - (sumX * sumX) / count);
  const variance = (sumYY - (sumY * sumY) / count - slope * products) / count;
  return { slope, deviation: Math.sqrt(Math.max(0, variance)) };
};

/** The roundest whole number near a slope: the period someone configured. NaN when none is within `tolerance`. */
const roundNear = (slope: number, tolerance: number): number => {
  for (let unit = 1e9; unit >= 1; unit /= 10) {
    const rounded = Math.round(slope / unit) * unit;
    if (rounded !== 0 && Math.abs(rounded - slope) <= tolerance) return rounded;
  }
  return Number.NaN;
};

/** A slope in as fine a fraction as matters over `reach` steps of x. */
const fractionOf = (slope: number, reach: number): Line => {
  const shift = Math.min(bitLength(reach), MAX_SHIFT);
  return { slope: Math.round(slope * 2 ** shift), shift };
};

/**
 * The line that leaves small residuals, with those in `residuals`.
 * @param y - `count` integers, differences to the first
 * @param x - what the line goes by, ascending from index `xFrom` on (sequence numbers: a lost datagram does not bend the line)
 * @returns null when x does not ascend, or when there is no exact line
 */
export const fitLine = (
  y: Float64Array,
  x: Float64Array,
  xFrom: number,
  count: number,
  residuals: Float64Array,
): Line | null => {
  const fit = leastSquares(y, x, xFrom, count);
  if (fit === null) return null;
  const reach = x[xFrom + count - 1]! - x[xFrom]!;
  // the configured period is shorter to write than a fit, which follows the jitter
  const rounded = roundNear(fit.slope, (fit.deviation + 1) / 4 / reach);
  const line = Number.isNaN(rounded) ? fractionOf(fit.slope, reach) : { slope: rounded, shift: 0 };
  if (Math.abs(line.slope) * reach >= MAX_PRODUCT) return null;
  subtractLine(y, x, xFrom, count, line, residuals);
  return line;
};
