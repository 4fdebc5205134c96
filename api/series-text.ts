import type { PlacedGap } from "../db/series/absent.ts";
import type { Buckets } from "../db/series/buckets.ts";
import type { PointsFound } from "../db/series/points-query.ts";
import type { SeriesFound, SeriesRun } from "../db/series/series-query.ts";
import { valueJson } from "./json-values.ts";
import type { TimeForm } from "./sources.ts";
import { timeJson } from "./time-text.ts";

/**
 * The members of `GET /devices/{id}/series` that come from the database, from `from` on, as JSON text without braces.
 * @param runs - of the device; where none has numbers, completeness is unknown
 */
export const seriesMembers = (found: SeriesFound, runs: readonly SeriesRun[], time: TimeForm): string => {
  const { buckets } = found;
  const { stepUs, count } = buckets.grid;
  const isNumbered = hasNumbers(runs);
  const items = new Array<string>(count);
  for (let bucket = 0; bucket < count; bucket++)
    items[bucket] = bucketJson(buckets, bucket, isNumbered, time);
  return (
    `${spanMembers(buckets, time)},"stepSeconds":${stepUs / 1e6},` +
    `"buckets":[${items.join(",")}],${gapMembers(found, runs, time)}`
  );
};

/** The same of `method=lttb`. Where the line is broken, a point without value lies half way. */
export const pointsMembers = (
  { whole, points, chosen }: PointsFound,
  runs: readonly SeriesRun[],
  time: TimeForm,
): string => {
  const { buckets } = whole;
  const { timeUs, value, lineStart } = points;
  const items: string[] = [];
  let [line, lastUs] = [0, 0];
  for (const index of chosen) {
    const pointUs = timeUs[index]!;
    const before = line;
    while (lineStart[line]! <= index) line++;
    if (line > before && before > 0) items.push(pointJson(Math.floor((lastUs + pointUs) / 2), "null", time));
    items.push(pointJson(pointUs, valueJson(value[index]!), time));
    lastUs = pointUs;
  }
  const counts =
    buckets.grid.count === 0
      ? emptyCounts(hasNumbers(runs))
      : `"count":${buckets.count[0]},${numbersJson(buckets, 0, hasNumbers(runs))},"nonFinite":${buckets.nonFinite[0]}`;
  return `${spanMembers(buckets, time)},${counts},"points":[${items.join(",")}],${gapMembers(whole, runs, time)}`;
};

const hasNumbers = (runs: readonly SeriesRun[]): boolean => runs.some(({ isUnsequenced }) => !isUnsequenced);

const emptyCounts = (isNumbered: boolean): string => {
  const none = isNumbered ? 0 : null;
  return `"count":0,"received":${none},"recovered":${none},"late":${none},"expected":${none},"nonFinite":0`;
};

const pointJson = (timeUs: number, value: string, time: TimeForm): string =>
  `{"time":${timeJson(timeUs, time)},"value":${value}}`;

const spanMembers = ({ grid: { fromUs, toUs, count } }: Buckets, time: TimeForm): string => {
  const side = (timeUs: number): string => (count === 0 ? "null" : timeJson(timeUs, time));
  return `"from":${side(fromUs)},"to":${side(toUs)}`;
};

const numbersJson = (
  { received, recovered, late, absent }: Buckets,
  bucket: number,
  isNumbered: boolean,
): string =>
  isNumbered
    ? `"received":${received[bucket]},"recovered":${recovered[bucket]},"late":${late[bucket]},` +
      `"expected":${received[bucket]! + absent[bucket]!}`
    : '"received":null,"recovered":null,"late":null,"expected":null';

const bucketJson = (buckets: Buckets, bucket: number, isNumbered: boolean, time: TimeForm): string => {
  const { grid, count, nonFinite } = buckets;
  return (
    `{"start":${timeJson(grid.fromUs + bucket * grid.stepUs, time)},"count":${count[bucket]},` +
    `${numbersJson(buckets, bucket, isNumbered)},${statisticsJson(buckets, bucket)},"nonFinite":${nonFinite[bucket]}}`
  );
};

const statisticsJson = (buckets: Buckets, bucket: number): string => {
  if (buckets.finite(bucket) === 0) return '"mean":null,"min":null,"max":null,"last":null';
  const [mean, min, max, last] = [
    buckets.mean(bucket),
    buckets.min[bucket]!,
    buckets.max[bucket]!,
    buckets.last[bucket]!,
  ].map(valueJson);
  return `"mean":${mean},"min":${min},"max":${max},"last":${last}`;
};

const gapMembers = (
  { gaps, gapsLeftOut }: SeriesFound,
  runs: readonly SeriesRun[],
  time: TimeForm,
): string => {
  const byRun = new Map(runs.map((run) => [run.run, run]));
  const items = gaps.map((gap) => gapText(gap, byRun.get(gap.run)!, time));
  return `"gaps":[${items.join(",")}],"gapsLeftOut":${gapsLeftOut}`;
};

const gapText = (
  { run: _, first, last, state, cause, requests, ...times }: PlacedGap,
  { epoch, index }: SeriesRun,
  time: TimeForm,
): string => {
  const { fromUs, toUs, openedAtUs, closedAtUs } = times;
  const head = JSON.stringify({
    epoch,
    run: index,
    first,
    last,
    state,
    cause,
    requests,
    count: last - first + 1,
  });
  return (
    `${head.slice(0, -1)},"from":${timeJson(fromUs, time)},"to":${timeJson(toUs, time)},` +
    `"openedAt":${timeJson(openedAtUs, time)},` +
    `"closedAt":${closedAtUs === null ? null : timeJson(closedAtUs, time)}}`
  );
};
