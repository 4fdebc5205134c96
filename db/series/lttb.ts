/** Points of a line chart, ascending by time. `lineStart` says at which of them a line begins; no line is drawn from the point before. */
export interface ChartPoints {
  readonly count: number;
  /** microseconds */
  readonly timeUs: Float64Array;
  /** finite */
  readonly value: Float64Array;
  /** ascending, the first one 0 (none without points) */
  readonly lineStart: readonly number[];
}

/**
 * Chooses the points that keep the shape of a chart: Largest-Triangle-Three-Buckets, in each line by itself, so that both ends of every line,
 * which are the edges of the gaps, are among them. Lines share the points by their lengths. With more ends than points no chart can show each
 * gap: then the points are chosen as if there were one line.
 * @param most - 2 or more
 * @returns indices of at most `most` points, ascending; always the first and the last one; all when they are no more
 * @see Steinarsson, Downsampling Time Series for Visual Representation (2013), §4.2
 */
export const choosePoints = (points: ChartPoints, most: number): number[] => {
  const { count, lineStart } = points;
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  const lines = lineStart.map((from, line) => ({ from, to: (lineStart[line + 1] ?? count) - 1 }));
  const ends = lines.reduce((sum, { from, to }) => sum + (from === to ? 1 : 2), 0);
  const chosen: number[] = [];
  if (ends > most) {
    chooseWithin(points, 0, count - 1, most, chosen);
    return chosen;
  }
  // shares are differences of a running sum, which leaves nothing over by rounding
  const inner = count - ends;
  let [passed, given] = [0, 0];
  for (const { from, to } of lines) {
    passed += Math.max(0, to - from - 1);
    const due = Math.floor(((most - ends) * passed) / inner);
    chooseWithin(points, from, to, due - given + 2, chosen);
    given = due;
  }
  return chosen;
};

/** Adds the points chosen from `from` to `to`, both inclusive and chosen: `most` of them, 2 or more. */
const chooseWithin = (
  points: ChartPoints,
  from: number,
  to: number,
  most: number,
  chosen: number[],
): void => {
  chosen.push(from);
  if (from === to) return;
  const buckets = Math.min(most - 2, to - from - 1);
  const size = (to - from - 1) / buckets;
  let last = from;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = from + 1 + Math.floor(bucket * size);
    const end = from + 1 + Math.floor((bucket + 1) * size);
    // the last bucket is followed by the last point alone
    const next = bucket === buckets - 1 ? to + 1 : from + 1 + Math.floor((bucket + 2) * size);
    last = farthest(points, last, start, end, next);
    chosen.push(last);
  }
  chosen.push(to);
};

/** Of the points [start, end) the one that spans the largest triangle with `last` and the mean of the points [end, next). */
const farthest = (
  { timeUs, value }: ChartPoints,
  last: number,
  start: number,
  end: number,
  next: number,
): number => {
  const [originUs, origin] = [timeUs[last]!, value[last]!];
  let [meanUs, mean] = [0, 0];
  for (let index = end; index < next; index++) {
    meanUs += (timeUs[index]! - originUs) / (next - end);
    mean += value[index]! / (next - end);
  }
  const rise = mean - origin;
  let [best, bestArea] = [start, -1];
  for (let index = start; index < end; index++) {
    const area = Math.abs((timeUs[index]! - originUs) * rise - meanUs * (value[index]! - origin));
    if (area > bestArea) [best, bestArea] = [index, area];
  }
  return best;
};
