import { useEffect, useRef } from "preact/hooks";
import { binOf } from "../bins/bins.ts";
import type { RasterDevice } from "../data/types.ts";
import { tokenColour, useThemeVersion } from "../theme.ts";
import { type Cell, cellsOf } from "./cells.ts";

/** a single lost number of a block is still seen */
const LEAST_SHARE = 0.3;

const drawCell = (
  context: CanvasRenderingContext2D,
  cell: Cell,
  x: number,
  width: number,
  height: number,
): void => {
  context.fillStyle = tokenColour("bin-in-order");
  context.fillRect(x, 0, width, height);
  if (cell.worst === "inOrder") return;
  const share = Math.max(LEAST_SHARE, cell.absent);
  context.fillStyle = tokenColour(binOf(cell.worst).token);
  context.fillRect(x, height * (1 - share), width, height * share);
};

/** A device's newest numbers as a row of small bars: full ones are whole, coloured from below by the worst of what is not there. */
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
  const cells = device === undefined ? [] : cellsOf(device, size, blocks);

  useEffect(() => {
    const element = canvas.current!;
    const scale = devicePixelRatio;
    element.width = Math.round(element.clientWidth * scale);
    element.height = Math.round(element.clientHeight * scale);
    const context = element.getContext("2d")!;
    const step = element.width / blocks;
    cells.forEach((cell, index) => {
      const x = Math.round((blocks - cells.length + index) * step);
      const end = Math.round((blocks - cells.length + index + 1) * step);
      drawCell(context, cell, x, Math.max(1, end - x - Math.round(scale)), element.height);
    });
  }, [device, theme, blocks, size]);

  const absent = cells.filter(({ absent }) => absent > 0).length;
  const label =
    cells.length === 0
      ? "no numbers"
      : `${absent} of the last ${cells.length} blocks of ${size} have absent numbers`;
  return <canvas class="spark" ref={canvas} role="img" aria-label={label} />;
};
