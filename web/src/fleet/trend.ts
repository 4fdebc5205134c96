import { CAUSES, type Cause } from "../bins/bins.ts";
import type { Causes, HistorySample } from "../data/types.ts";
import { parseMs } from "../format/times.ts";

/** What happened between two samples of the fleet's counters. */
export interface Trend {
  fromMs: number;
  toMs: number;
  datagrams: number;
  expected: number;
  received: number;
  reordered: number;
  recovered: number;
  late: number;
  missing: number;
  lost: number;
  causes: Causes;
}

/** `missing` and the causes can fall, when numbers come after all: then nothing new was lost. */
const rise = (from: number, to: number): number => Math.max(0, to - from);

const causesBetween = (from: HistorySample, to: HistorySample): Causes =>
  Object.fromEntries(CAUSES.map((cause) => [cause, rise(from.causes[cause], to.causes[cause])])) as Record<
    Cause,
    number
  >;

export const between = (from: HistorySample, to: HistorySample): Trend => ({
  fromMs: parseMs(from.time),
  toMs: parseMs(to.time),
  datagrams: rise(from.datagrams, to.datagrams),
  expected: rise(from.expected, to.expected),
  received: rise(from.received, to.received),
  reordered: rise(from.reordered, to.reordered),
  recovered: rise(from.recovered, to.recovered),
  late: rise(from.late, to.late),
  missing: rise(from.missing, to.missing),
  lost: rise(from.lost, to.lost),
  causes: causesBetween(from, to),
});

/** The last `seconds` of the samples; undefined while there are fewer than two. */
export const lately = (samples: readonly HistorySample[], seconds: number): Trend | undefined => {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const fromMs = parseMs(last.time) - (seconds + 0.5) * 1000;
  const first = samples.find(({ time }) => parseMs(time) >= fromMs)!;
  return first === last ? undefined : between(first, last);
};

/** The samples as at most `points` steps of about equal length. */
export const trendOf = (samples: readonly HistorySample[], points: number): Trend[] => {
  const stride = Math.max(1, Math.ceil((samples.length - 1) / points));
  const trend: Trend[] = [];
  for (let index = stride; index < samples.length; index += stride) {
    trend.push(between(samples[index - stride]!, samples[index]!));
  }
  return trend;
};

/** received / expected; null where nothing was expected. What comes late may belong to numbers of the step before. */
export const completenessOf = ({
  received,
  expected,
}: Pick<Trend, "received" | "expected">): number | null =>
  expected === 0 ? null : Math.min(1, received / expected);

/** Numbers that did not come by themselves and in time, whatever came of them later. */
export const rawLossOf = ({ recovered, late, missing, causes }: Trend): number =>
  recovered + late + missing + residualOf({ causes });

/** Numbers that are lost for good. */
export const residualOf = ({ causes }: Pick<Trend, "causes">): number =>
  CAUSES.reduce((sum, cause) => sum + causes[cause], 0);
