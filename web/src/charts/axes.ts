import type uPlot from "uplot";
import { clockTime } from "../format/times.ts";
import { tokenColour } from "../theme.ts";

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

const two = (value: number): string => String(value).padStart(2, "0");

/** A tick of a time axis: days where midnight lies on it, seconds where the ticks are closer than a minute. */
const tickTime = (seconds: number, stepSeconds: number): string => {
  const date = new Date(seconds * 1000);
  const clock = clockTime(seconds * 1000);
  if (stepSeconds >= 86_400 || clock === "00:00:00")
    return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return stepSeconds < 60 ? clock : clock.slice(0, 5);
};

const common = (): Partial<uPlot.Axis> => ({
  stroke: tokenColour("ink-3"),
  font: FONT,
  grid: { stroke: tokenColour("line"), width: 1 },
  ticks: { show: false },
});

export const timeAxis = (): uPlot.Axis => ({
  ...common(),
  size: 26,
  gap: 4,
  space: 70,
  values: (_plot, splits, _axis, _space, step) => splits.map((split) => tickTime(split, step)),
});

export const valueAxis = (format: (value: number) => string): uPlot.Axis => ({
  ...common(),
  size: 58,
  gap: 4,
  space: 28,
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
