import uPlot from "uplot";
import { chartPadding, sharedCursor, timeAxis, valueAxis, wallPixels } from "../charts/axes.ts";
import { tickValues } from "../format/tick-values.ts";
import { tokenColour } from "../theme.ts";
import { STACKED } from "./trend-columns.ts";

const stepped = uPlot.paths.stepped!({ align: -1 });

/** Percent: a third more room below the lowest point than it lies below 100, at least a tenth of a percent. */
const lowest = (low: number): number => Math.max(0, 100 - Math.max(0.1, (100 - low) * 1.33));

const percentAxis = (): uPlot.Axis =>
  valueAxis((values) => tickValues(values, 0).map((value) => `${value} %`));

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
  axes: [timeAxis(), percentAxis()],
  series: [
    {},
    { stroke: tokenColour("accent"), width: wallPixels(2), points: { show: false }, paths: stepped },
  ],
});

export const lossOptions = (): Omit<uPlot.Options, "width" | "height"> => ({
  ...frame(),
  scales: { y: { range: (_plot, _low, high) => [0, Math.max(0.01, (high ?? 0) * 1.08)] } },
  axes: [timeAxis(), percentAxis()],
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
