import type { Cell } from "./cells.ts";
import type { CellPlace } from "./geometry.ts";

/** What was asked for its numbers: by the mouse a place, whatever comes to lie there, by a key a cell, wherever it moves. */
export interface Chosen {
  place: CellPlace;
  held: { device: string; cell: Cell } | null;
}

/** Where the chosen cell is now that other numbers may have come; null = it is not in sight any more. @param size - numbers per cell */
export const placeNow = (
  chosen: Chosen | null,
  ids: readonly string[],
  rows: readonly (readonly Cell[])[],
  size: number,
): CellPlace | null => {
  if (chosen === null || chosen.held === null) return chosen?.place ?? null;
  const { device, cell } = chosen.held;
  const row = ids.indexOf(device);
  const cells = rows[row] ?? [];
  const index = cells.findLastIndex(
    ({ epoch, run, first }) =>
      epoch === cell.epoch && run === cell.run && Math.floor(first / size) === Math.floor(cell.first / size),
  );
  return index < 0 ? null : { row, fromRight: cells.length - 1 - index };
};
