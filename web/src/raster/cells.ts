import { BINS, type BinKey, CAUSES } from "../bins/bins.ts";
import type { RasterBlock, RasterDevice, RasterRun } from "../data/types.ts";

/** Numbers of one run that lie in one block. */
export interface Cell {
  epoch: number | null;
  run: number;
  /** first and last number of the block that the run has used */
  first: number;
  last: number;
  /** every number of the cell in one of these; `inOrder` holds the reordered ones too: blocks do not tell them apart */
  bins: Partial<Record<BinKey, number>>;
  worst: BinKey;
  /** share of the cell's numbers that are in `worst` or are absent, [0, 1] */
  absent: number;
  /** false: too old, absent numbers can no longer be told apart */
  isKnown: boolean;
  /** first cell of its run */
  isStart: boolean;
}

const binsOf = (block: RasterBlock | undefined, size: number): Partial<Record<BinKey, number>> => {
  if (block === undefined) return { inOrder: size };
  const bins: Partial<Record<BinKey, number>> = {};
  const put = (key: BinKey, amount: number): void => {
    if (amount > 0) bins[key] = amount;
  };
  const { missing, recovered, late, causes } = block;
  const lost = CAUSES.reduce((sum, cause) => sum + causes[cause], 0);
  put("inOrder", size - missing - recovered - late - lost);
  put("recovered", recovered);
  put("late", late);
  put("missing", missing);
  for (const cause of CAUSES) put(cause, causes[cause]);
  return bins;
};

const ABSENT = BINS.filter(({ group }) => group === "not here");

const cellOf = (run: RasterRun, number: number, size: number, block: RasterBlock | undefined): Cell => {
  const first = Math.max(run.first, number * size);
  const last = Math.min(run.last, (number + 1) * size - 1);
  const numbers = last - first + 1;
  const bins = binsOf(block, numbers);
  const worst = BINS.findLast(({ key }) => (bins[key] ?? 0) > 0)?.key ?? "inOrder";
  const absent = ABSENT.reduce((sum, { key }) => sum + (bins[key] ?? 0), 0);
  return {
    epoch: run.epoch,
    run: run.run,
    first,
    last,
    bins,
    worst,
    absent: absent / numbers,
    isKnown: last >= run.exactFrom,
    isStart: false,
  };
};

/** @param isWhole - false: older cells of the run may be left out, so that the first one here begins nothing */
const cellsOfRun = (run: RasterRun, size: number, isWhole: boolean): Cell[] => {
  const blocks = new Map(run.blocks.map((block) => [block.block, block]));
  const cells: Cell[] = [];
  for (let number = Math.floor(run.first / size); number <= Math.floor(run.last / size); number++) {
    const cell = cellOf(run, number, size, blocks.get(number));
    cells.push(cells.length === 0 ? { ...cell, isStart: isWhole } : cell);
  }
  return cells;
};

/** A device's newest cells, oldest first. @param most - how many at most */
export const cellsOf = (device: RasterDevice, size: number, most: number): Cell[] =>
  device.runs.flatMap((run, index) => cellsOfRun(run, size, index > 0)).slice(-most);
