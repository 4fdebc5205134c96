import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import type { RunView } from "../view/device-view.ts";
import type { RasterSpan } from "./raster-query.ts";

/** A stretch of a run that is part of a device's newest blocks. */
export interface RunStretch extends RasterSpan {
  view: RunView;
}

/**
 * The newest blocks of a device: from its newest run backward until there are enough of them.
 * @param runs - the newest first; no more of them are looked at than it takes
 * @param size - numbers per block; a run's blocks begin at multiples of it
 * @returns oldest first
 */
export const newestStretches = (runs: Iterable<RunView>, size: number, blocks: number): RunStretch[] => {
  const stretches: RunStretch[] = [];
  let left = blocks;
  for (const view of runs) {
    if (left <= 0) break;
    const first = view.row[ROW.FIRST]!;
    const last = view.row[ROW.HIGH_WATER]!;
    if (isUnsequenced(view.row[ROW.FLAGS]!) || first < 0 || last < first) continue;
    const lastBlock = Math.floor(last / size);
    const firstBlock = Math.max(Math.floor(first / size), lastBlock - left + 1);
    left -= lastBlock - firstBlock + 1;
    stretches.unshift({ run: view.run, view, first: Math.max(first, firstBlock * size), last });
  }
  return stretches;
};
