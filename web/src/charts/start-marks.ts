import type uPlot from "uplot";
import { tokenColour } from "../theme.ts";
import { wallPixels } from "./axes.ts";
import { markPlaces, nearestMark } from "./mark-places.ts";

/** pixels at a desk */
const ROOM = 12;
const REACH = 6;
const HEAD = { halfWidth: 4, height: 6 };
const DASH = [4, 3];

/** A mark that is pointed at. */
export interface PointedMark {
  index: number;
  /** pixels from the left of the chart with its axis, of its width */
  left: number;
  width: number;
}

/**
 * Marks moments behind the values: a dashed line with a head at the top, or the head alone where marks are close to each other.
 * @param times - seconds, ascending
 * @param onPoint - the mark under the mouse, of the chart it is on
 */
export const startMarks = (
  times: () => readonly number[],
  onPoint: (mark: PointedMark | null) => void,
): uPlot.Plugin => ({
  hooks: {
    drawClear: (plot) => {
      const { ctx, bbox } = plot;
      const pixels = (length: number): number => wallPixels(length) * devicePixelRatio;
      const positions = times()
        .map((time) => plot.valToPos(time, "x", true))
        .filter((at) => at >= bbox.left && at <= bbox.left + bbox.width);
      ctx.save();
      ctx.fillStyle = tokenColour("ink-2");
      ctx.strokeStyle = tokenColour("ink-2");
      ctx.lineWidth = pixels(1);
      ctx.setLineDash(DASH.map(pixels));
      for (const { at, isLine } of markPlaces(positions, pixels(ROOM))) {
        drawHead(ctx, at, bbox.top, pixels);
        if (isLine) drawLine(ctx, at, bbox);
      }
      ctx.restore();
    },
    setCursor: (plot) => {
      const { left = -1 } = plot.cursor;
      // charts share their cursor: only one of them has the mouse
      if (left < 0 || !plot.over.matches(":hover")) return onPoint(null);
      const positions = times().map((time) => plot.valToPos(time, "x"));
      const index = nearestMark(positions, left, wallPixels(REACH));
      if (index === null) return onPoint(null);
      onPoint({ index, left: plot.over.offsetLeft + positions[index]!, width: plot.width });
    },
  },
});

const drawHead = (
  ctx: CanvasRenderingContext2D,
  at: number,
  top: number,
  pixels: (length: number) => number,
): void => {
  ctx.beginPath();
  ctx.moveTo(at - pixels(HEAD.halfWidth), top);
  ctx.lineTo(at + pixels(HEAD.halfWidth), top);
  ctx.lineTo(at, top + pixels(HEAD.height));
  ctx.fill();
};

const drawLine = (ctx: CanvasRenderingContext2D, at: number, { top, height }: uPlot.BBox): void => {
  // on the middle of a pixel a line of one pixel is sharp
  const x = Math.floor(at) + (ctx.lineWidth % 2) / 2;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
};
