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

const common = (): Partial<uPlot.Axis> => ({
  stroke: tokenColour("ink-3"),
  font: `${scaled(11)}px ${FAMILY}`,
  grid: { stroke: tokenColour("line"), width: 1 },
  ticks: { show: false },
});

/** Around a chart: half of the last time's text stands beyond its right end, half of the highest value's above it. */
export const chartPadding = (): uPlot.Padding => [wallPixels(8), scaled(28), 0, 0];

export const timeAxis = (): uPlot.Axis => ({
  ...common(),
  size: scaled(30),
  // below the lowest value, which stands beside it
  gap: scaled(8),
  space: scaled(70),
  values: (_plot, splits, _axis, _space, step) => splits.map((split) => tickTime(split, step)),
});

export const valueAxis = (format: (value: number) => string): uPlot.Axis => ({
  ...common(),
  size: scaled(58),
  gap: scaled(4),
  space: scaled(28),
  values: (_plot, splits) => splits.map(format),
});

/** Charts that share a cursor and show time. */
export const sharedCursor = (key: string): uPlot.Cursor => ({
  // a stretch is drawn on one chart, not on all of them
  sync: { key, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
  y: false,
  points: { show: false },
  drag: { x: false, y: false },
});
