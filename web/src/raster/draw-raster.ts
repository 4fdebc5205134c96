import { BINS, type BinKey } from "../bins/bins.ts";
import { tokenColour } from "../theme.ts";
import type { Cell } from "./cells.ts";
import type { Geometry } from "./geometry.ts";

/** A cell of which nothing can be said: an empty frame. @param line - its width; it lies inside */
export const drawUnknown = (
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  line: number,
): void => {
  context.strokeStyle = tokenColour("line-strong");
  context.lineWidth = line;
  context.strokeRect(x + line / 2, y + line / 2, width - line, height - line);
};

/** All cells of all rows in sight, the newest at the right edge. @param rows - cells of each row, oldest first */
export const drawRaster = (
  canvas: HTMLCanvasElement,
  rows: readonly (readonly Cell[])[],
  width: number,
  geometry: Geometry,
): void => {
  const scale = devicePixelRatio;
  const { row: rowHeight, rowGap, cell: cellWidth, cellGap } = geometry;
  const height = Math.max(1, rows.length * rowHeight);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d")!;
  context.scale(scale, scale);
  // asked for once: a colour is looked up in the style of the page
  const colours = new Map<BinKey, string>(BINS.map(({ key, token }) => [key, tokenColour(token)]));
  const ink = tokenColour("ink");
  for (const [row, cells] of rows.entries()) {
    const y = row * rowHeight;
    for (const [index, cell] of cells.entries()) {
      const x = width - (cells.length - index) * cellWidth;
      const box = [x + cellGap, y, cellWidth - cellGap, rowHeight - rowGap] as const;
      if (cell.isKnown) {
        context.fillStyle = colours.get(cell.worst)!;
        context.fillRect(...box);
      } else drawUnknown(context, ...box, cellGap);
      if (cell.isStart) {
        context.fillStyle = ink;
        context.fillRect(x - cellGap / 2, y - rowGap / 2, cellGap * 2, rowHeight);
      }
    }
  }
};
