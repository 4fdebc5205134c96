import type uPlot from "uplot";
import { tickTime } from "../format/times.ts";
import { letterPixels, wallScale } from "../scale.ts";
import { tokenColour } from "../theme.ts";

const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** the least size of the page's letters, which the pixels below are meant for; on a wall screen it is larger */
const ROOT_PIXELS = 13;

/** Pixels that grow with the page's letters. */
const scaled = (pixels: number): number => Math.round((pixels * letterPixels()) / ROOT_PIXELS);

/** Pixels as they are at a desk, more on a wall. */
export const wallPixels = (pixels: number): number => pixels * wallScale(letterPixels());

const axisFont = (): string => `${scaled(11)}px ${FAMILY}`;

const common = (): Partial<uPlot.Axis> => ({
  stroke: tokenColour("ink-3"),
  font: axisFont(),
  grid: { stroke: tokenColour("line"), width: 1 },
  ticks: { show: false },
});

/** Around a chart: half of the last time's text stands beyond its right end, half of the highest value's above it. */
export const chartPadding = (): uPlot.Padding => [wallPixels(8), scaled(28), 0, 0];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** as uPlot counts them */
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/** Distances of times on an axis, seconds: uPlot's own, and of 20 s, 2 min and 20 min, without which the five minutes a phone shows have one time. */
const TIME_STEPS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30],
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15].map((days) => days * DAY),
  ...[1, 2, 3, 4, 6].map((months) => months * MONTH),
  ...[1, 2, 5, 10, 25, 50, 100].map((years) => years * YEAR),
];

export const timeAxis = (): uPlot.Axis => ({
  ...common(),
  incrs: TIME_STEPS,
  size: scaled(30),
  // below the lowest value, which stands beside it
  gap: scaled(8),
  space: scaled(70),
  values: (_plot, splits, _axis, _space, step) => splits.map((split) => tickTime(split, step)),
});

/** least width of an axis of values, and what of it is between its text and the chart */
const VALUE_PIXELS = 58;
const VALUE_GAP = 4;

/** @param format - the texts of the values along it */
export const valueAxis = (format: (values: readonly number[]) => string[]): uPlot.Axis => ({
  ...common(),
  size: scaled(VALUE_PIXELS),
  gap: scaled(VALUE_GAP),
  space: scaled(28),
  values: (_plot, splits) => format(splits),
});

/** What the texts on an axis of values need, pixels; at least what every one has. */
export const widthOfValues = ({ ctx }: uPlot, texts: readonly string[]): number => {
  ctx.save();
  ctx.font = axisFont();
  const widest = Math.max(0, ...texts.map((text) => ctx.measureText(text).width));
  ctx.restore();
  // as much again on the other side: a letter may be drawn beyond what it measures
  return Math.max(scaled(VALUE_PIXELS), Math.ceil(widest) + scaled(VALUE_GAP) * 2);
};

/** Charts that share a cursor and show time. */
export const sharedCursor = (key: string): uPlot.Cursor => ({
  // a stretch is drawn on one chart, not on all of them
  sync: { key, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
  y: false,
  points: { show: false },
  drag: { x: false, y: false },
  // its own meaning of a double click, all of the data, would be that of one chart and not of the others
  bind: { dblclick: () => null },
});
