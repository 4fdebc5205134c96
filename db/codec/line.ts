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

/** `residuals[i] = y[i] - line(x[i] - x[0])`. @returns greatest minus smallest */
export const subtractLine = (
  y: Float64Array,
  x: Float64Array,
  xFrom: number,
  count: number,
  { slope, shift }: Line,
  residuals: Float64Array,
): number => {
  const origin = x[xFrom]!;
  const divisor = 2 ** shift;
  let min = Infinity;
  let max = -Infinity;
  for (let index = 0; index < count; index++) {
    const residual = y[index]! - floorLine(x[xFrom + index]! - origin, slope, divisor);
    residuals[index] = residual;
    if (residual < min) min = residual;
    if (residual > max) max = residual;
  }
  return max - min;
};

/** Undo `subtractLine` in place. */
export const addLine = (
  y: Float64Array,
  yFrom: number,
  x: Float64Array,
  xFrom: number,
  count: number,
  { slope, shift }: Line,
): void => {
  const origin = x[xFrom]!;
  const divisor = 2 ** shift;
  for (let index = 0; index < count; index++) {
    y[yFrom + index] = y[yFrom + index]! + floorLine(x[xFrom + index]! - origin, slope, divisor);
  }
};

/** Slope of the least-squares line through (x - x[0], y). */
const leastSquares = (y: Float64Array, x: Float64Array, xFrom: number, count: number): number => {
  const origin = x[xFrom]!;
  let sumX = 0;
  let sumY = 0;
  for (let index = 0; index < count; index++) {
    sumX += x[xFrom + index]! - origin;
    sumY += y[index]!;
  }
  const meanX = sumX / count;
  const meanY = sumY / count;
  let products = 0;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    const distance = x[xFrom + index]! - origin - meanX;
    products += distance * (y[index]! - meanY);
    squares += distance * distance;
  }
  return products / squares;
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
const fractionOf = (slope: number, reach: number): Line | null => {
  const shift = Math.min(bitLength(reach), MAX_SHIFT);
  const line = { slope: Math.round(slope * 2 ** shift), shift };
  return Math.abs(line.slope) * reach < MAX_PRODUCT ? line : null;
};

/**
 * The line that leaves the smallest residuals, with those in `residuals`.
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
  const reach = x[xFrom + count - 1]! - x[xFrom]!;
  for (let index = xFrom + 1; index < xFrom + count; index++) if (x[index]! <= x[index - 1]!) return null;
  const slope = leastSquares(y, x, xFrom, count);
  const line = fractionOf(slope, reach);
  if (line === null) return null;
  const spread = subtractLine(y, x, xFrom, count, line, residuals);
  const round = { slope: roundNear(slope, (spread + 1) / 4 / reach), shift: 0 };
  if (Number.isNaN(round.slope)) return line;
  // the configured period beats a fit that followed the jitter, and it is shorter
  if (subtractLine(y, x, xFrom, count, round, residuals) <= spread + 1) return round;
  subtractLine(y, x, xFrom, count, line, residuals);
  return line;
};
