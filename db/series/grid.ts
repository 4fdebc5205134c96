import { formatDurationMs } from "../../common/duration.ts";
import { LacunaError } from "../../common/errors.ts";
import type { TimeSpan } from "../query/run-segments.ts";

/** How a span of time is cut: into at most `points` equal buckets, or into buckets of `stepUs` microseconds. */
export type Division = { points: number } | { stepUs: number };

/**
 * Bucket `k` is [fromUs + k * stepUs, fromUs + (k + 1) * stepUs), the last one cut off at `toUs`. Microseconds, integers. Without any bucket (`count` 0)
 * a side that the query did not give either is NaN.
 */
export interface Grid {
  fromUs: number;
  toUs: number;
  stepUs: number;
  count: number;
}

/** Smallest and greatest time of what is stored, both inclusive. */
export interface StoredSpan {
  firstUs: number;
  lastUs: number;
}

const MAX_BUCKETS = 10_000;

/** What a query says of its buckets. */
export interface GridRequest extends TimeSpan {
  division: Division;
  nowUs: number;
}

/**
 * The buckets of a query. A side of the span that is open ends where the stored data does; with a step and no `from` they begin at a
 * multiple of the step, so that the next query has the same ones.
 * @param stored - null when nothing is: a span with a start goes until now then, and without one there are no buckets
 * @throws LacunaError `ERR_SERIES_STEP` when there were more than MAX_BUCKETS
 */
export const gridOf = ({ fromUs, toUs, division, nowUs }: GridRequest, stored: StoredSpan | null): Grid => {
  const firstUs = fromUs ?? stored?.firstUs ?? toUs ?? 0;
  const end = toUs ?? endOf(fromUs, stored, nowUs);
  if ("points" in division) {
    const stepUs = Math.max(1, Math.ceil((end - firstUs) / division.points));
    return withoutEdges(
      { fromUs, toUs },
      { fromUs: firstUs, toUs: end, stepUs, count: countOf(firstUs, end, stepUs) },
    );
  }
  const { stepUs } = division;
  const start = fromUs ?? Math.floor(firstUs / stepUs) * stepUs;
  const count = countOf(start, end, stepUs);
  if (count > MAX_BUCKETS) {
    // one bucket may begin before the first reading
    const leastMs = Math.ceil((end - firstUs) / (MAX_BUCKETS - 1) / 1000);
    throw new LacunaError(
      "ERR_SERIES_STEP",
      `accepted is a step that makes at most ${MAX_BUCKETS} buckets, here from ${formatDurationMs(leastMs)} on`,
    );
  }
  return withoutEdges({ fromUs, toUs }, { fromUs: start, toUs: end, stepUs, count });
};

/** Where there is no bucket, nothing is stored that could say where an open side ends: one with a start alone goes until now, or has no length. */
const withoutEdges = ({ fromUs, toUs }: TimeSpan, grid: Grid): Grid =>
  grid.count > 0
    ? grid
    : {
        ...grid,
        fromUs: fromUs ?? Number.NaN,
        toUs: toUs ?? (fromUs === null ? Number.NaN : grid.toUs),
      };

/** Of a span whose end is open. */
const endOf = (fromUs: number | null, stored: StoredSpan | null, nowUs: number): number => {
  if (stored !== null && (fromUs === null || stored.lastUs >= fromUs)) return stored.lastUs + 1;
  return fromUs === null ? 0 : Math.max(fromUs, nowUs);
};

const countOf = (fromUs: number, toUs: number, stepUs: number): number =>
  Math.max(0, Math.ceil((toUs - fromUs) / stepUs));

/** Index of the bucket an instant of the span lies in. */
export const bucketAt = ({ fromUs, stepUs }: Grid, timeUs: number): number =>
  Math.floor((timeUs - fromUs) / stepUs);
