import { BINS, type BinKey } from "../bins/bins.ts";
import { tokenColour } from "../theme.ts";
import type { Cell } from "./cells.ts";
import { CELL, CELL_GAP, ROW, ROW_GAP } from "./geometry.ts";

/** All cells of all rows in sight, the newest at the right edge. @param rows - cells of each row, oldest first */
export const drawRaster = (
  canvas: HTMLCanvasElement,
  rows: readonly (readonly Cell[])[],
  width: number,
): void => {
  const scale = devicePixelRatio;
  const height = Math.max(1, rows.length * ROW);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d")!;
  context.scale(scale, scale);
  // asked for once: a colour is looked up in the style of the page
  const colours = new Map<BinKey, string>(BINS.map(({ key, token }) => [key, tokenColour(token)]));
  const ink = tokenColour("ink");
  const faint = tokenColour("line");
  for (const [row, cells] of rows.entries()) {
    const y = row * ROW;
    for (const [index, cell] of cells.entries()) {
      const x = width - (cells.length - index) * CELL;
      context.fillStyle = cell.isKnown ? colours.get(cell.worst)! : faint;
      context.fillRect(x + CELL_GAP, y, CELL - CELL_GAP, ROW - ROW_GAP);
      if (cell.isStart) {
        context.fillStyle = ink;
        context.fillRect(x - 0.5, y - 1, 2, ROW);
      }
    }
  }
};
