import type { SeriesBucket } from "../data/types.ts";
import { parseMs } from "../format/times.ts";

type Values = (number | null)[];

/** Columns for a chart: seconds, mean, min, max; null where a line must not go on. */
export interface ChartData {
  times: number[];
  mean: Values;
  min: Values;
  max: Values;
  /** the mean again where numbers came back: after we asked, or late; null elsewhere */
  recovered: Values;
  late: Values;
  /** how many they are */
  cameBack: { recovered: number; late: number };
}

export const NO_CHART: ChartData = {
  times: [],
  mean: [],
  min: [],
  max: [],
  recovered: [],
  late: [],
  cameBack: { recovered: 0, late: 0 },
};

/** a silence that long, in usual distances between points, is no line */
const SILENCE = 4;

const medianDistance = (buckets: readonly SeriesBucket[]): number => {
  const times = buckets.filter(({ mean }) => mean !== null).map(({ start }) => parseMs(start));
  const distances = times.slice(1).map((time, index) => time - times[index]!);
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
};

/**
 * Buckets as points at their middle. A bucket where numbers were due and no value is interrupts the line; one in which nothing was due does
 * not, until the silence is much longer than the device's usual distance.
 * @param stepMs - length of a bucket
 */
export const chartData = (buckets: readonly SeriesBucket[], stepMs: number): ChartData => {
  const data: ChartData = structuredClone(NO_CHART);
  const longest = Math.max(medianDistance(buckets), stepMs) * SILENCE;
  const put = (ms: number, bucket: SeriesBucket | null): void => {
    data.times.push(ms / 1000);
    data.mean.push(bucket?.mean ?? null);
    data.min.push(bucket?.min ?? null);
    data.max.push(bucket?.max ?? null);
    for (const bin of ["recovered", "late"] as const) {
      const count = bucket?.[bin] ?? 0;
      data[bin].push(count > 0 ? bucket!.mean : null);
      data.cameBack[bin] += count;
    }
  };
  let beforeMs = Number.NaN;
  for (const bucket of buckets) {
    const middleMs = parseMs(bucket.start) + stepMs / 2;
    const wasDue = (bucket.expected ?? 0) > 0;
    if (bucket.mean === null && !wasDue && bucket.count === 0) continue;
    if (middleMs - beforeMs > longest) put((beforeMs + middleMs) / 2, null);
    put(middleMs, bucket);
    beforeMs = middleMs;
  }
  return data;
};
