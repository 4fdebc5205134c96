import { BINS } from "../bins/bins.ts";
import { count, plural } from "../format/numbers.ts";
import type { Cell } from "./cells.ts";
import type { Geometry } from "./geometry.ts";

export interface CellTipProps {
  device: string;
  cell: Cell;
  left: number;
  top: number;
  /** of the canvas */
  width: number;
  height: number;
  /** the tip is above its cell: below it is less room */
  isAbove: boolean;
  geometry: Geometry;
}

const numbersOf = ({ first, last }: Cell): string =>
  first === last ? `number ${count(first)}` : `numbers ${count(first)} – ${count(last)}`;

/** The exact numbers of a cell, above or below a frame around it. */
export const CellTip = ({ device, cell, left, top, width, height, isAbove, geometry }: CellTipProps) => {
  // as far along itself as the cell is along the row: so it never leaves the canvas
  const along = `${(100 * left) / Math.max(1, width - geometry.cell)}%`;
  const side = isAbove ? { bottom: `${height - top + 6}px` } : { top: `${top + geometry.row + 4}px` };
  return (
    <>
      <span
        class="raster-frame"
        style={{
          left: `${left - 1}px`,
          top: `${top - 2}px`,
          width: `${geometry.cell + 2}px`,
          height: `${geometry.row - geometry.rowGap + 4}px`,
        }}
      />
      <div class="tip" style={{ left: along, transform: `translateX(-${along})`, ...side }}>
        <p class="tip-title">{device}</p>
        <p class="note">
          {numbersOf(cell)}
          <br />
          epoch {cell.epoch ?? "–"}
          {cell.run > 0 && `, run ${cell.run}`}
        </p>
        {cell.isKnown ? (
          <dl>
            {BINS.filter(({ key }) => (cell.bins[key] ?? 0) > 0).map(({ key, token, label }) => (
              <>
                <dt key={key}>
                  <span class={`swatch ${token}`} />
                  {label}
                </dt>
                <dd key={`${key} count`}>{count(cell.bins[key]!)}</dd>
              </>
            ))}
          </dl>
        ) : (
          <p>
            Too old: what is absent in these {plural(cell.last - cell.first + 1, "number")} is only counted.
          </p>
        )}
      </div>
    </>
  );
};
