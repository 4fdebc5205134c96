import type { PlacedGap } from "../../db/query/absent.ts";
import type { Buckets } from "../../db/series/buckets.ts";
import type { PointsFound } from "../../db/series/points-query.ts";
import type { SeriesFound, SeriesRun } from "../../db/series/series-query.ts";
import type { PlacedStart } from "../../db/series/starts.ts";
import type { TimeForm } from "../sources.ts";
import type { TextWriter } from "./text-writer.ts";
import { timeJson } from "./time-text.ts";

/**
 * The members of `GET /devices/{id}/series` that come from the database, from `from` on, as JSON text without braces.
 * @param runs - of the device; where none has numbers, completeness is unknown
 */
export const writeSeries = (
  out: TextWriter,
  found: SeriesFound,
  runs: readonly SeriesRun[],
  time: TimeForm,
): void => {
  const { buckets } = found;
  const { stepUs, count } = buckets.grid;
  const isNumbered = hasNumbers(runs);
  writeSpan(out, buckets, time);
  out
    .ascii(',"stepSeconds":')
    .ascii(String(stepUs / 1e6))
    .ascii(',"buckets":[');
  for (let bucket = 0; bucket < count; bucket++) {
    if (bucket > 0) out.ascii(",");
    writeBucket(out, buckets, bucket, isNumbered, time);
  }
  out.ascii("]");
  writeGapsAndStarts(out, found, runs, time);
};

/** The same of `method=lttb`. Where the line is broken, a point without value lies half way. */
export const writePoints = (
  out: TextWriter,
  { whole, points, chosen }: PointsFound,
  runs: readonly SeriesRun[],
  time: TimeForm,
): void => {
  const { buckets } = whole;
  const { timeUs, value, lineStart } = points;
  const isNumbered = hasNumbers(runs);
  writeSpan(out, buckets, time);
  out.ascii(",");
  if (buckets.grid.count === 0) out.ascii(emptyCounts(isNumbered));
  else {
    out.ascii('"count":').integer(buckets.count[0]!);
    writeNumbers(out, buckets, 0, isNumbered);
    out.ascii(',"nonFinite":').integer(buckets.nonFinite[0]!);
  }
  out.ascii(',"points":[');
  let [line, lastUs] = [0, 0];
  for (const index of chosen) {
    const pointUs = timeUs[index]!;
    const before = line;
    if (before > 0) out.ascii(",");
    while (lineStart[line]! <= index) line++;
    if (line > before && before > 0) {
      writePoint(out, Math.floor((lastUs + pointUs) / 2), null, time);
      out.ascii(",");
    }
    writePoint(out, pointUs, value[index]!, time);
    lastUs = pointUs;
  }
  out.ascii("]");
  writeGapsAndStarts(out, whole, runs, time);
};

const hasNumbers = (runs: readonly SeriesRun[]): boolean => runs.some(({ isUnsequenced }) => !isUnsequenced);

const emptyCounts = (isNumbered: boolean): string => {
  const none = isNumbered ? 0 : null;
  return `"count":0,"received":${none},"recovered":${none},"late":${none},"expected":${none},"nonFinite":0`;
};

const writePoint = (out: TextWriter, timeUs: number, value: number | null, time: TimeForm): void => {
  out.ascii('{"time":').timeJson(timeUs, time).ascii(',"value":');
  if (value === null) out.ascii("null}");
  else out.value(value).ascii("}");
};

const writeSpan = (out: TextWriter, { grid: { fromUs, toUs } }: Buckets, time: TimeForm): void => {
  writeEdge(out.ascii('"from":'), fromUs, time);
  writeEdge(out.ascii(',"to":'), toUs, time);
};

/** NaN: there are no buckets, and the query had none either. */
const writeEdge = (out: TextWriter, timeUs: number, time: TimeForm): void => {
  if (Number.isNaN(timeUs)) out.ascii("null");
  else out.timeJson(timeUs, time);
};

const writeNumbers = (out: TextWriter, buckets: Buckets, bucket: number, isNumbered: boolean): void => {
  if (!isNumbered) {
    out.ascii(',"received":null,"recovered":null,"late":null,"expected":null');
    return;
  }
  const received = buckets.received[bucket]!;
  out.ascii(',"received":').integer(received);
  out.ascii(',"recovered":').integer(buckets.recovered[bucket]!);
  out.ascii(',"late":').integer(buckets.late[bucket]!);
  out.ascii(',"expected":').integer(received + buckets.absent[bucket]!);
};

const writeBucket = (
  out: TextWriter,
  buckets: Buckets,
  bucket: number,
  isNumbered: boolean,
  time: TimeForm,
): void => {
  const { grid, count, nonFinite } = buckets;
  out.ascii('{"start":').timeJson(grid.fromUs + bucket * grid.stepUs, time);
  out.ascii(',"count":').integer(count[bucket]!);
  writeNumbers(out, buckets, bucket, isNumbered);
  writeStatistics(out, buckets, bucket);
  out.ascii(',"nonFinite":').integer(nonFinite[bucket]!).ascii("}");
};

const writeStatistics = (out: TextWriter, buckets: Buckets, bucket: number): void => {
  if (buckets.finite(bucket) === 0) {
    out.ascii(',"mean":null,"min":null,"max":null,"last":null');
    return;
  }
  out.ascii(',"mean":').value(buckets.mean(bucket));
  out.ascii(',"min":').value(buckets.min[bucket]!);
  out.ascii(',"max":').value(buckets.max[bucket]!);
  out.ascii(',"last":').value(buckets.last[bucket]!);
};

const writeGapsAndStarts = (
  out: TextWriter,
  found: SeriesFound,
  runs: readonly SeriesRun[],
  time: TimeForm,
): void => {
  const byRun = new Map(runs.map((run) => [run.run, run]));
  const gaps = found.gaps.map((gap) => gapText(gap, byRun.get(gap.run)!, time));
  out.ascii(',"gaps":[').text(gaps.join(",")).ascii('],"gapsLeftOut":').integer(found.gapsLeftOut);
  const starts = found.starts.map((start) => startText(start, byRun.get(start.run)!, time));
  out.ascii(',"starts":[').ascii(starts.join(",")).ascii('],"startsLeftOut":').integer(found.startsLeftOut);
};

const startText = ({ atUs }: PlacedStart, { epoch, index }: SeriesRun, time: TimeForm): string =>
  `{"at":${timeJson(atUs, time)},"epoch":${epoch},"run":${index}}`;

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
