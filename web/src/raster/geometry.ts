/** Sizes of the raster, pixels. */
export interface Geometry {
  /** height of a row, and of the gap below its cells */
  row: number;
  rowGap: number;
  /** width of a cell, and of the gap beside it */
  cell: number;
  cellGap: number;
}

/** @param scale - 1 at a desk, more on a wall; whole pixels, so that cells have sharp edges */
export const geometryAt = (scale: number): Geometry => ({
  row: Math.round(18 * scale),
  rowGap: Math.round(2 * scale),
  cell: Math.round(9 * scale),
  cellGap: Math.round(scale),
});

export interface CellPlace {
  row: number;
  /** counted from the right, 0 = the newest */
  fromRight: number;
}

/** The cell at a point of the canvas; null beside all cells. */
export const cellAt = (
  x: number,
  y: number,
  width: number,
  rows: number,
  geometry: Geometry,
): CellPlace | null => {
  const row = Math.floor(y / geometry.row);
  const fromRight = Math.floor((width - x) / geometry.cell);
  return row < 0 || row >= rows || fromRight < 0 ? null : { row, fromRight };
};

/** Left edge of a cell. */
export const leftOf = ({ fromRight }: CellPlace, width: number, { cell }: Geometry): number =>
  width - (fromRight + 1) * cell;
