import uPlot from "uplot";
import { binOf } from "../bins/bins.ts";
import { chartPadding, sharedCursor, timeAxis, valueAxis, wallPixels } from "../charts/axes.ts";
import { gapShading } from "../charts/gap-shading.ts";
import { sharedWidth } from "../charts/shared-width.ts";
import { type PointedMark, startMarks } from "../charts/start-marks.ts";
import type { ChartOptions } from "../charts/time-chart.tsx";
import type { SeriesGap } from "../data/types.ts";
import { tickValues } from "../format/tick-values.ts";
import { tokenColour } from "../theme.ts";
import { type ChartData, divided, standingAlone } from "./chart-data.ts";

/** charts of one page share a cursor and the width of their axes */
const GROUP = "device";

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

/** Points nearer to each other are a line, not points; pixels. */
const POINT_ROOM = 10;

/** From each point on its value, until the next. */
const held = uPlot.paths.stepped!({ align: 1 });
const UNSEEN: uPlot.Series = { stroke: "transparent", width: 0, spanGaps: false, points: { show: false } };

/** Two values, and room for the line at each. */
const SWITCH_SCALE: uPlot.Scale = { range: [-0.15, 1.15] };
const switchAxis = (size: uPlot.Axis.Size): uPlot.Axis => ({
  ...valueAxis((values) => values.map(String)),
  size,
  splits: [0, 1],
});

/** Where there is no value, room for none and an axis all the same, so that times lie below those of the other charts. */
const valueScale = (): uPlot.Scale => ({
  range: (_plot, low, high) => (low === null ? [0, 1] : uPlot.rangeNum(low, high, ROOM, true)),
});

/** around the values, of their span: uPlot's own */
const ROOM = 0.1;

const channelAxis = (drawn: () => ChartData, size: uPlot.Axis.Size): uPlot.Axis => ({
  ...valueAxis((values) => {
    const { exponent } = drawn();
    return exponent === null ? [] : tickValues(values, exponent);
  }),
  size,
});

/** What is beside the values. */
export interface ChartMarks {
  gaps: () => readonly SeriesGap[];
  /** where epochs and runs begin, seconds, ascending */
  starts: () => readonly number[];
  /** one of these is pointed at */
  onStart: (mark: PointedMark | null) => void;
}

/**
 * The values as a line, points where numbers came back, the span from least to greatest as a band around it, gaps as gaps, a mark where an epoch or a run begins.
 * @param isSwitch - the values are 0 and 1: drawn as steps
 * @param drawn - what is shown just now
 */
export const channelOptions = (
  { gaps, starts, onStart }: ChartMarks,
  isSwitch: boolean,
  drawn: () => ChartData,
): ChartOptions => {
  const width = sharedWidth(GROUP);
  return {
    cursor: { ...sharedCursor(GROUP), drag: { x: true, y: false, setScale: false } },
    legend: { show: false },
    padding: chartPadding(),
    scales: { y: isSwitch ? SWITCH_SCALE : valueScale() },
    axes: [timeAxis(), isSwitch ? switchAxis(width.size) : channelAxis(drawn, width.size)],
    plugins: [gapShading(gaps), startMarks(starts, onStart), width.plugin],
    series: [
      {},
      {
        stroke: tokenColour("accent"),
        width: wallPixels(1.6),
        spanGaps: false,
        ...(isSwitch && { paths: held }),
        points: {
          show: ({ bbox }, _series, first, last) =>
            (last - first) * wallPixels(POINT_ROOM) < bbox.width / devicePixelRatio,
          filter: (plot, series, show) => (show ? null : standingAlone(plot.data[series]!)),
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
  };
};

/** Columns in the order of the series above. */
export const channelColumns = (data: ChartData): uPlot.AlignedData => {
  const { times, value, min, max, late, recovered } = data;
  const columns = [value, min, max, late, recovered];
  const exponent = data.exponent ?? 0;
  const scaled = (column: ChartData["value"]) =>
    column.map((each) => (each === null ? null : divided(each, exponent)));
  return [times, ...(exponent === 0 ? columns : columns.map(scaled))];
};
