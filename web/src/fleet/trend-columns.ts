import type uPlot from "uplot";
import { binNumbers } from "../bins/bin-numbers.ts";
import { BINS, type Bin } from "../bins/bins.ts";
import type { Step } from "./settled-steps.ts";
import { completenessOf } from "./trend.ts";

/** What raw loss is made of, from the bottom of the stack up: for good first, what came back on top. */
export const STACKED: readonly Bin[] = BINS.filter(({ group }) => group !== "in time").toReversed();

/** Where lines are drawn to: the end of each step, and its beginning where nothing is before it that could be drawn on from. */
export interface TrendPoint {
  ms: number;
  step: Step;
}

/** a beginning must lie after the end of the step before */
const AFTER_MS = 1;

export const trendPoints = (trend: readonly Step[]): TrendPoint[] =>
  trend.flatMap((step, index) => {
    const end = { ms: step.toMs, step };
    const isDrawnOn = (trend[index - 1]?.expected ?? 0) > 0;
    return isDrawnOn || step.expected === 0 ? [end] : [{ ms: step.fromMs + AFTER_MS, step }, end];
  });

const xOf = (points: readonly TrendPoint[]): number[] => points.map(({ ms }) => ms / 1000);

export const completenessData = (points: readonly TrendPoint[]): uPlot.AlignedData => [
  xOf(points),
  points.map(({ step }) => {
    const ratio = completenessOf(step);
    return ratio === null ? null : ratio * 100;
  }),
];

/** Shares of the expected numbers in percent, each bin upon those below it; the greatest sum first, so that smaller ones lie over it. */
export const lossData = (points: readonly TrendPoint[]): uPlot.AlignedData => {
  const sums = points.map(() => 0);
  const layers = STACKED.map(({ key }) =>
    points.map(({ step }, index) => {
      if (step.expected === 0) return null;
      sums[index] = sums[index]! + (binNumbers(step)[key] / step.expected) * 100;
      return sums[index]!;
    }),
  );
  return [xOf(points), ...layers.toReversed()];
};
