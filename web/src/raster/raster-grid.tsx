import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Raster } from "../data/types.ts";
import { deviceHref } from "../routing.ts";
import { useThemeVersion } from "../theme.ts";
import { CellTip } from "./cell-tip.tsx";
import { cellsOf } from "./cells.ts";
import { drawRaster } from "./draw-raster.ts";
import { type Geometry, leftOf } from "./geometry.ts";
import { useChosenCell } from "./use-chosen-cell.ts";

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

/** Labels and cells of the rows in sight; the mouse or the arrow keys ask a cell for its numbers. */
export const RasterGrid = (props: RasterGridProps) => {
  const { scroller, canvasPlace, total, first, visible, ids, raster, size, blocks, width, geometry } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
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

  const { place, cell, ...chosen } = useChosenCell({
    scroller,
    canvas,
    total,
    ids,
    rows,
    size,
    width,
    geometry,
  });

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
            onMouseMove={chosen.onMouseMove}
            onMouseLeave={chosen.forget}
            onKeyDown={chosen.onKeyDown}
            onBlur={chosen.forget}
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
