/** pixels: height of a row, gap below a cell, width of a cell, gap beside it */
export const ROW = 18;
export const ROW_GAP = 2;
export const CELL = 9;
export const CELL_GAP = 1;

export interface CellPlace {
  row: number;
  /** counted from the right, 0 = the newest */
  fromRight: number;
}

/** The cell at a point of the canvas; null beside all cells. */
export const cellAt = (x: number, y: number, width: number, rows: number): CellPlace | null => {
  const row = Math.floor(y / ROW);
  const fromRight = Math.floor((width - x) / CELL);
  return row < 0 || row >= rows || fromRight < 0 ? null : { row, fromRight };
};

/** Left edge of a cell. */
export const leftOf = ({ fromRight }: CellPlace, width: number): number => width - (fromRight + 1) * CELL;
