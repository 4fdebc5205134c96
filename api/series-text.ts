import type { PlacedGap } from "../db/series/absent.ts";
import type { Buckets } from "../db/series/buckets.ts";
import type { SeriesFound, SeriesRun } from "../db/series/series-query.ts";
import { formatTime } from "../protocol/time.ts";
import { valueJson } from "./json-values.ts";

/**
 * The members of `GET /devices/{id}/series` that come from the database, from `from` on, as JSON text without braces.
 * @param runs - of the device; where none has numbers, completeness is unknown
 */
export const seriesMembers = (
  { buckets, gaps, gapsLeftOut }: SeriesFound,
  runs: readonly SeriesRun[],
): string => {
  const { fromUs, toUs, stepUs, count } = buckets.grid;
  const isNumbered = runs.some(({ isUnsequenced }) => !isUnsequenced);
  const items = new Array<string>(count);
  for (let bucket = 0; bucket < count; bucket++) items[bucket] = bucketJson(buckets, bucket, isNumbered);
  const byRun = new Map(runs.map((run) => [run.run, run]));
  return (
    `"from":${timeOrNull(fromUs, count)},"to":${timeOrNull(toUs, count)},"stepSeconds":${stepUs / 1e6},` +
    `"buckets":[${items.join(",")}],` +
    `"gaps":[${gaps.map((gap) => gapText(gap, byRun.get(gap.run)!)).join(",")}],"gapsLeftOut":${gapsLeftOut}`
  );
};

const timeOrNull = (timeUs: number, count: number): string =>
  count === 0 ? "null" : `"${formatTime(timeUs)}"`;

const bucketJson = (buckets: Buckets, bucket: number, isNumbered: boolean): string => {
  const { grid, count, nonFinite, received, absent } = buckets;
  const start = formatTime(grid.fromUs + bucket * grid.stepUs);
  const numbers = isNumbered
    ? `"received":${received[bucket]},"expected":${received[bucket]! + absent[bucket]!}`
    : '"received":null,"expected":null';
  return (
    `{"start":"${start}","count":${count[bucket]},${numbers},` +
    `${statisticsJson(buckets, bucket)},"nonFinite":${nonFinite[bucket]}}`
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

const gapText = (
  { fromUs, toUs, run: _, openedAtUs, closedAtUs, ...gap }: PlacedGap,
  run: SeriesRun,
): string =>
  JSON.stringify({
    epoch: run.epoch,
    run: run.index,
    ...gap,
    count: gap.last - gap.first + 1,
    from: formatTime(fromUs),
    to: formatTime(toUs),
    openedAt: formatTime(openedAtUs),
    closedAt: closedAtUs === null ? null : formatTime(closedAtUs),
  });
