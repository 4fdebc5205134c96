import uPlot from "uplot";
import { binOf } from "../bins/bins.ts";
import { chartPadding, sharedCursor, timeAxis, valueAxis, wallPixels } from "../charts/axes.ts";
import { gapShading } from "../charts/gap-shading.ts";
import type { ChartOptions } from "../charts/time-chart.tsx";
import type { SeriesGap } from "../data/types.ts";
import { measured } from "../format/numbers.ts";
import { tokenColour } from "../theme.ts";
import type { ChartData } from "./chart-data.ts";

/** Points only: each bucket in which numbers came back, in the colour of their bin, with a rim that is seen on every ground. */
const cameBack = (bin: "recovered" | "late", size: number): uPlot.Series => ({
  stroke: tokenColour("ink"),
  width: 0,
  paths: () => null,
  points: {
    show: true,
    size: wallPixels(size),
    width: 1,
    stroke: tokenColour("ink"),
    fill: tokenColour(binOf(bin).token),
  },
});

/** From each point on its value, until the next. */
const held = uPlot.paths.stepped!({ align: 1 });
const UNSEEN: uPlot.Series = { stroke: "transparent", width: 0, spanGaps: false, points: { show: false } };

/** Two values, and room for the line at each. */
const SWITCH_SCALE: uPlot.Scale = { range: [-0.15, 1.15] };
const switchAxis = (): uPlot.Axis => ({ ...valueAxis(String), splits: [0, 1] });

/**
 * The values as a line, points where numbers came back, the span from least to greatest as a band around it, gaps as gaps.
 * @param isSwitch - the values are 0 and 1: drawn as steps
 */
export const channelOptions = (gaps: () => readonly SeriesGap[], isSwitch: boolean): ChartOptions => ({
  cursor: { ...sharedCursor("device"), drag: { x: true, y: false, setScale: false } },
  legend: { show: false },
  padding: chartPadding(),
  scales: isSwitch ? { y: SWITCH_SCALE } : {},
  axes: [timeAxis(), isSwitch ? switchAxis() : valueAxis((value) => measured(value))],
  plugins: [gapShading(gaps)],
  series: [
    {},
    {
      stroke: tokenColour("accent"),
      width: wallPixels(1.6),
      spanGaps: false,
      ...(isSwitch && { paths: held }),
      points: {
        show: (_plot, _series, first, last) => last - first < 120,
        size: wallPixels(4),
        fill: tokenColour("accent"),
      },
    },
    { ...UNSEEN, ...(isSwitch && { paths: held }) },
    { ...UNSEEN, ...(isSwitch && { paths: held }) },
    cameBack("late", 9),
    cameBack("recovered", 7),
  ],
  bands: [{ series: [3, 2], fill: `color-mix(in srgb, ${tokenColour("accent")} 22%, transparent)` }],
});

/** Columns in the order of the series above. */
export const channelColumns = (data: ChartData): uPlot.AlignedData => [
  data.times,
  data.value,
  data.min,
  data.max,
  data.late,
  data.recovered,
];
