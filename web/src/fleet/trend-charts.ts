import uPlot from "uplot";
import { binNumbers } from "../bins/bin-numbers.ts";
import { BINS, type Bin } from "../bins/bins.ts";
import { chartPadding, sharedCursor, timeAxis, valueAxis } from "../charts/axes.ts";
import { tokenColour } from "../theme.ts";
import type { Step } from "./settled-steps.ts";
import { completenessOf } from "./trend.ts";

/** What raw loss is made of, from the bottom of the stack up: for good first, what came back on top. */
export const STACKED: readonly Bin[] = BINS.filter(({ group }) => group !== "in time").toReversed();

const xOf = (trend: readonly Step[]): number[] => trend.map(({ toMs }) => toMs / 1000);

export const completenessData = (trend: readonly Step[]): uPlot.AlignedData => [
  xOf(trend),
  trend.map((step) => {
    const ratio = completenessOf(step);
    return ratio === null ? null : ratio * 100;
  }),
];

/** Shares of the expected numbers in percent, each bin upon those below it; the greatest sum first, so that smaller ones lie over it. */
export const lossData = (trend: readonly Step[]): uPlot.AlignedData => {
  const sums = trend.map(() => 0);
  const layers = STACKED.map(({ key }) =>
    trend.map((step, index) => {
      if (step.expected === 0) return null;
      sums[index] = sums[index]! + (binNumbers(step)[key] / step.expected) * 100;
      return sums[index]!;
    }),
  );
  return [xOf(trend), ...layers.toReversed()];
};

const stepped = uPlot.paths.stepped!({ align: -1 });

/** Percent: a third more room below the lowest point than it lies below 100, at least a tenth of a percent. */
const lowest = (low: number): number => Math.max(0, 100 - Math.max(0.1, (100 - low) * 1.33));

const frame = (): Pick<uPlot.Options, "cursor" | "legend" | "padding"> => ({
  cursor: sharedCursor("trend"),
  legend: { show: false },
  padding: chartPadding(),
});

export const completenessOptions = (): Omit<uPlot.Options, "width" | "height"> => ({
  ...frame(),
  scales: {
    // the line is near the top; its lowest point decides how near one looks
    y: { range: (_plot, low) => [lowest(low ?? 99), 100] },
  },
  axes: [timeAxis(), valueAxis((value) => `${Number(value.toFixed(3))} %`)],
  series: [{}, { stroke: tokenColour("accent"), width: 2, points: { show: false }, paths: stepped }],
});

export const lossOptions = (): Omit<uPlot.Options, "width" | "height"> => ({
  ...frame(),
  scales: { y: { range: (_plot, _low, high) => [0, Math.max(0.01, (high ?? 0) * 1.08)] } },
  axes: [timeAxis(), valueAxis((value) => `${Number(value.toFixed(3))} %`)],
  series: [
    {},
    ...STACKED.toReversed().map(
      ({ token }): uPlot.Series => ({
        fill: tokenColour(token),
        width: 0,
        points: { show: false },
        paths: stepped,
      }),
    ),
  ],
});
