import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { binOf } from "../bins/bins.ts";
import type { RasterDevice } from "../data/types.ts";
import { useWallScale } from "../scale.ts";
import { tokenColour, useThemeVersion } from "../theme.ts";
import { type Cell, cellsOf } from "./cells.ts";
import { drawUnknown } from "./draw-raster.ts";

/** a single lost number of a block is still seen */
const LEAST_SHARE = 0.3;
/** Pixels of the picture: its style may show it smaller. Asking the page for its size would lay out the page anew for every strip. */
const CELL_WIDTH = 5;
const CELL_GAP = 1;
const HEIGHT = 20;

const drawCell = (
  context: CanvasRenderingContext2D,
  cell: Cell,
  x: number,
  width: number,
  height: number,
): void => {
  if (!cell.isKnown) {
    drawUnknown(context, x, 0, width, height, width / (CELL_WIDTH - CELL_GAP));
    return;
  }
  context.fillStyle = tokenColour("bin-in-order");
  context.fillRect(x, 0, width, height);
  if (cell.worst === "inOrder") return;
  const share = Math.max(LEAST_SHARE, cell.absent);
  context.fillStyle = tokenColour(binOf(cell.worst).token);
  context.fillRect(x, height * (1 - share), width, height * share);
};

/** A device's newest numbers as a row of small bars: full ones are whole, coloured from below by the worst of what is not there; empty ones are too old to tell. */
export const Strip = ({
  device,
  size,
  blocks,
}: {
  device: RasterDevice | undefined;
  size: number;
  blocks: number;
}) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
  const cells = useMemo(
    () => (device === undefined ? [] : cellsOf(device, size, blocks)),
    [device, size, blocks],
  );
  const scale = Math.ceil(devicePixelRatio * useWallScale());

  useLayoutEffect(() => {
    const { width, height } = canvas.current!;
    const context = canvas.current!.getContext("2d")!;
    context.clearRect(0, 0, width, height);
    for (const [index, cell] of cells.entries()) {
      const x = (blocks - cells.length + index) * CELL_WIDTH * scale;
      drawCell(context, cell, x, (CELL_WIDTH - CELL_GAP) * scale, height);
    }
  }, [cells, theme, blocks, scale]);

  const known = cells.filter(({ isKnown }) => isKnown);
  const absent = known.filter(({ absent }) => absent > 0).length;
  const tooOld = cells.length - known.length;
  const label =
    cells.length === 0
      ? "no numbers"
      : `${absent} of the last ${cells.length} blocks of ${size} have absent numbers${tooOld === 0 ? "" : `, ${tooOld} are too old to tell`}`;
  return (
    <canvas
      class="spark"
      ref={canvas}
      width={blocks * CELL_WIDTH * scale}
      height={HEIGHT * scale}
      role="img"
      aria-label={label}
    />
  );
};
