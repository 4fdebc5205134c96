import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Raster } from "../data/types.ts";
import { deviceHref } from "../routing.ts";
import { useThemeVersion } from "../theme.ts";
import { CellTip } from "./cell-tip.tsx";
import { type Cell, cellsOf } from "./cells.ts";
import { type Chosen, placeNow } from "./chosen-cell.ts";
import { drawRaster } from "./draw-raster.ts";
import { type CellPlace, cellAt, type Geometry, leftOf } from "./geometry.ts";

export interface RasterGridProps {
  scroller: RefObject<HTMLDivElement | null>;
  canvasPlace: RefObject<HTMLDivElement | null>;
  total: number;
  /** place of the first row in sight */
  first: number;
  /** rows there is room for */
  visible: number;
  /** devices in sight */
  ids: readonly string[];
  raster: Raster | undefined;
  size: number;
  blocks: number;
  width: number;
  geometry: Geometry;
}

const STEPS: Record<string, readonly [rows: number, cells: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, 1],
  ArrowRight: [0, -1],
};

const moved = (place: CellPlace | null, key: string, rows: readonly (readonly Cell[])[]): CellPlace => {
  const [down, back] = STEPS[key]!;
  const row = Math.min(rows.length - 1, Math.max(0, (place?.row ?? -down) + down));
  const most = Math.max(0, (rows[row]?.length ?? 1) - 1);
  return { row, fromRight: Math.min(most, Math.max(0, (place?.fromRight ?? -back) + back)) };
};

/** Whether the rows moved instead, by one: the key leads out of those that are in sight as a whole, and there are more. */
const didScroll = (
  scroller: HTMLElement,
  place: CellPlace | null,
  key: string,
  total: number,
  rowHeight: number,
): boolean => {
  const [down] = STEPS[key]!;
  const row = (place?.row ?? 0) + down;
  if (down === 0 || (row >= 0 && row < Math.floor(scroller.clientHeight / rowHeight))) return false;
  const before = scroller.scrollTop;
  // not its scrollHeight: a tip below the last row makes that greater while it is shown
  const end = Math.max(0, total * rowHeight - scroller.clientHeight);
  const after = Math.max(0, Math.min(end, (Math.floor(before / rowHeight) + down) * rowHeight));
  // at the end a fraction of a pixel may be left, which no key would ever move
  if (Math.abs(after - before) < 1) return false;
  scroller.scrollTop = after;
  return true;
};

/** Labels and cells of the rows in sight; the mouse or the arrow keys ask a cell for its numbers. */
export const RasterGrid = (props: RasterGridProps) => {
  const { scroller, canvasPlace, total, first, visible, ids, raster, size, blocks, width, geometry } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
  const [chosen, showChosen] = useState<Chosen | null>(null);
  // keys may come faster than they are shown
  const latest = useRef(chosen);
  const choose = (next: Chosen | null): void => {
    latest.current = next;
    showChosen(next);
  };
  const rows = useMemo(() => {
    const known = new Map(raster?.devices.map((device) => [device.device, device]));
    return ids.map((id) => {
      const device = known.get(id);
      return device === undefined ? [] : cellsOf(device, raster!.size, blocks);
    });
  }, [raster, ids.join("\n"), blocks]);

  useLayoutEffect(() => {
    if (width > 0) drawRaster(canvas.current!, rows, width, geometry);
  }, [rows, width, theme, geometry]);

  const place = placeNow(chosen, ids, rows, size);
  const cellIn = ({ row, fromRight }: CellPlace): Cell | undefined => rows[row]?.at(-1 - fromRight);
  const cell = place === null ? undefined : cellIn(place);
  const onMouseMove = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const under = cellAt(event.clientX - box.left, event.clientY - box.top, width, ids.length, geometry);
    choose(under === null ? null : { place: under, held: null });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") choose(null);
    if (event.key === "Enter" && place !== null) location.hash = deviceHref(ids[place.row]!);
    if (STEPS[event.key] === undefined || rows.length === 0) return;
    event.preventDefault();
    const from = placeNow(latest.current, ids, rows, size);
    if (didScroll(scroller.current!, from, event.key, total, geometry.row)) {
      // another device comes to lie there
      choose(from === null ? null : { place: from, held: null });
      return;
    }
    const next = moved(from, event.key, rows);
    const reached = cellIn(next);
    choose({
      place: next,
      held: reached === undefined ? null : { device: ids[next.row]!, cell: reached },
    });
  };

  return (
    <div class="raster-scroll" ref={scroller} style={{ "--row": `${geometry.row}px` }}>
      <div class="raster-all" style={{ height: `${total * geometry.row}px` }}>
        <div class="raster-rows" style={{ transform: `translateY(${first * geometry.row}px)` }}>
          <ul class="raster-labels">
            {ids.map((id, row) => (
              <li key={id} data-on={place?.row === row ? "" : undefined}>
                {/* by key a device is opened from its cells, which would come after all of these */}
                <a href={deviceHref(id)} title={id} tabIndex={-1}>
                  {id}
                </a>
              </li>
            ))}
          </ul>
          <div
            class="raster-cells"
            ref={canvasPlace}
            tabIndex={0}
            role="application"
            aria-label={`Cells of ${size} sequence numbers: arrow keys move, Enter opens the device`}
            onMouseMove={onMouseMove}
            onMouseLeave={() => choose(null)}
            onKeyDown={onKeyDown}
            onBlur={() => choose(null)}
          >
            <canvas ref={canvas} />
            {/* there before it says anything: of what comes together with its words screen readers often say nothing */}
            <div role="status">
              {place !== null && cell !== undefined && (
                <CellTip
                  device={ids[place.row]!}
                  cell={cell}
                  left={leftOf(place, width, geometry)}
                  top={place.row * geometry.row}
                  width={width}
                  height={ids.length * geometry.row}
                  isAbove={place.row >= visible / 2}
                  geometry={geometry}
                />
              )}
            </div>
          </div>
        </div>
      </div>
    </div>
  );
};
