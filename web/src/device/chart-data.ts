import type { SeriesBucket } from "../data/types.ts";
import { parseMs } from "../format/times.ts";

type Values = (number | null)[];

/** Columns for a chart: seconds, value, min, max; null where a line must not go on. */
export interface ChartData {
  /** all values are 0 or 1: each holds until the next, there is nothing between them */
  isSwitch: boolean;
  times: number[];
  /** mean of the bucket; of a switch its newest value */
  value: Values;
  min: Values;
  max: Values;
  /** the value again where numbers came back: after we asked, or late; null elsewhere */
  recovered: Values;
  late: Values;
  /** the values are drawn divided by ten to this power: 0 but for huge and tiny ones; null = there is no value */
  exponent: number | null;
  /** NaN and infinities at each point, which no line can show */
  nonFinite: number[];
  /** at each point: numbers were due that are not here */
  isAbsent: boolean[];
  /** how many came back */
  cameBack: { recovered: number; late: number };
  /** after so long without a point, milliseconds, it is silent */
  silenceMs: number;
}

export const NO_CHART: ChartData = {
  isSwitch: false,
  times: [],
  value: [],
  min: [],
  max: [],
  recovered: [],
  late: [],
  exponent: null,
  nonFinite: [],
  isAbsent: [],
  cameBack: { recovered: 0, late: 0 },
  silenceMs: 0,
};

/** a silence that long, in usual distances between points, is no line */
const SILENCE = 4;

const medianDistance = (buckets: readonly SeriesBucket[]): number => {
  const times = buckets.filter(({ mean }) => mean !== null).map(({ start }) => parseMs(start));
  const distances = times.slice(1).map((time, index) => time - times[index]!);
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
};

const isZeroOrOne = (value: number | null): boolean => value === 0 || value === 1;

/** The API gives booleans as 0 and 1, and many senders have no others: what the values are decides, not their type. */
const areOfSwitch = (buckets: readonly SeriesBucket[]): boolean => {
  const known = buckets.filter(({ mean }) => mean !== null);
  return known.length > 0 && known.every(({ min, max }) => isZeroOrOne(min) && isZeroOrOne(max));
};

/** Beyond them a chart finds no steps for its axis, and loses tiny differences in its own rounding. */
const [LEAST_DRAWN, MOST_DRAWN] = [1e-15, 1e30];

const exponentOf = (buckets: readonly SeriesBucket[]): number | null => {
  const sizes = buckets.flatMap(({ min, max }) => [min, max]).filter((value) => value !== null);
  if (sizes.length === 0) return null;
  const greatest = sizes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const isDrawnAsItIs = greatest === 0 || (greatest >= LEAST_DRAWN && greatest <= MOST_DRAWN);
  return isDrawnAsItIs ? 0 : Math.floor(Math.log10(greatest));
};

/** tiny values are lifted by this first: ten to the power of less than -308 is no number of full precision */
const LIFT = 300;

/** Divided by ten to the power of `exponent`, also where that power is none a number can hold. */
export const divided = (value: number, exponent: number): number =>
  exponent < -LIFT ? (value * 10 ** LIFT) / 10 ** (exponent + LIFT) : value / 10 ** exponent;

/**
 * Buckets as points at their middle. A bucket without a value interrupts the line where numbers are absent or the values are NaN or infinite. One in
 * which nothing was due does not, nor one whose datagrams are here and had nothing of this channel, until the silence is much longer than the channel's usual distance.
 * @param stepMs - length of a bucket
 */
export const chartData = (buckets: readonly SeriesBucket[], stepMs: number): ChartData => {
  const data: ChartData = {
    ...structuredClone(NO_CHART),
    isSwitch: areOfSwitch(buckets),
    exponent: exponentOf(buckets),
    silenceMs: Math.max(medianDistance(buckets), stepMs) * SILENCE,
  };
  const put = (ms: number, bucket: SeriesBucket | null, isAbsent: boolean): void => {
    const value = (data.isSwitch ? bucket?.last : bucket?.mean) ?? null;
    data.times.push(ms / 1000);
    data.value.push(value);
    data.min.push(bucket?.min ?? null);
    data.max.push(bucket?.max ?? null);
    data.nonFinite.push(bucket?.nonFinite ?? 0);
    data.isAbsent.push(isAbsent);
    for (const bin of ["recovered", "late"] as const) {
      const count = bucket?.[bin] ?? 0;
      data[bin].push(count > 0 ? value : null);
      data.cameBack[bin] += count;
    }
  };
  let beforeMs = Number.NaN;
  for (const bucket of buckets) {
    const middleMs = parseMs(bucket.start) + stepMs / 2;
    const isAbsent = (bucket.expected ?? 0) > (bucket.received ?? 0);
    if (bucket.count === 0 && !isAbsent) continue;
    if (middleMs - beforeMs > data.silenceMs) put((beforeMs + middleMs) / 2, null, false);
    put(middleMs, bucket, isAbsent);
    beforeMs = middleMs;
  }
  return data;
};

/** Indexes of values beside which no other is: a line has no length there, and shows nothing. */
export const standingAlone = (values: ArrayLike<unknown>): number[] => {
  const isHere = (index: number): boolean => (values[index] ?? null) !== null;
  return Array.from(values, (_, index) => index).filter(
    (index) => isHere(index) && !isHere(index - 1) && !isHere(index + 1),
  );
};
