import { BINS } from "../bins/bins.ts";
import { count, plural } from "../format/numbers.ts";
import type { Cell } from "./cells.ts";
import type { Geometry } from "./geometry.ts";

/** about as wide as it gets, in widths of a cell: it turns over to the left before it would leave the page */
const CELLS_WIDE = 29;

export interface CellTipProps {
  device: string;
  cell: Cell;
  left: number;
  top: number;
  /** of the canvas */
  width: number;
  geometry: Geometry;
}

/** The exact numbers of a cell, beside a frame around it. */
export const CellTip = ({ device, cell, left, top, width, geometry }: CellTipProps) => {
  const right = left + geometry.cell;
  const isRight = right + geometry.cell * CELLS_WIDE > width;
  const side = isRight ? { right: `${width - left + 6}px` } : { left: `${right + 6}px` };
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
      <div class="tip" style={{ top: `${top + geometry.row + 4}px`, ...side }} role="status">
        <p class="tip-title">{device}</p>
        <p class="note">
          numbers {count(cell.first)} – {count(cell.last)}
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
