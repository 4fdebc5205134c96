import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import * as runState from "./run-state.ts";
import type { RunTable } from "./run-table.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { SLOT } = deviceSlot;
const { RUN_STATE } = runState;

/** All numbers of a run are below the first of an older one. Never so again once it is not: a high water does not fall, a first number does not rise. */
export const liesBelow = (runs: RunTable, run: number, older: number): boolean =>
  runs.at(run, ROW.HIGH_WATER) < runs.at(older, ROW.FIRST);

/**
 * Mark whichever of the run and the others of its declared epoch lie below an older one (step 3).
 * @param goneFirst - the greatest `first` of its epoch's runs that are not in memory, all of which are older; -Infinity = there are none
 */
export const noteBelow = ({ runs, devices }: TrackerContext, run: number, goneFirst: number): void => {
  const epoch = runs.epoch[run]!;
  if (epoch < 0) return;
  if (runs.at(run, ROW.HIGH_WATER) < goneFirst) runs.set(run, RUN_STATE.BELOW, true);
  let isOlder = false;
  for (let other = devices.int(runs.device[run]!, SLOT.NEWEST); other >= 0; other = runs.older[other]!) {
    if (other === run) isOlder = true;
    else if (runs.epoch[other] !== epoch) continue;
    else if (isOlder && liesBelow(runs, run, other)) runs.set(run, RUN_STATE.BELOW, true);
    else if (!isOlder && liesBelow(runs, other, run)) runs.set(other, RUN_STATE.BELOW, true);
  }
};

/** The run's first number has fallen, within its window: what newer ones knew of those above them no longer holds. */
export const forgetAbove = ({ runs, devices }: TrackerContext, run: number): void => {
  let newer = devices.int(runs.device[run]!, SLOT.NEWEST);
  for (; newer !== run; newer = runs.older[newer]!) runs.aboveFrom[newer] = Number.NEGATIVE_INFINITY;
};

/**
 * The same as `noteBelow` of all runs of a device at once: for each of thousands that are read back it would take as long as there are.
 * @param gone - by epoch, what is not in memory. That counts as older than what is: a mark too many only has the older runs looked at once
 */
export const noteAllBelow = (
  { runs, devices }: TrackerContext,
  device: number,
  gone: ReadonlyMap<number, { greatestFirst: number }> | undefined,
): void => {
  const newest = devices.int(device, SLOT.NEWEST);
  // nearly all have one run
  if (newest < 0 || (runs.older[newest]! < 0 && gone === undefined)) return;
  const newestFirst: number[] = [];
  for (let run = newest; run >= 0; run = runs.older[run]!) newestFirst.push(run);
  const greatestFirst = new Map<number, number>();
  for (const run of newestFirst.reverse()) {
    const epoch = runs.epoch[run]!;
    if (epoch < 0) continue;
    const greatest = greatestFirst.get(epoch) ?? gone?.get(epoch)?.greatestFirst ?? Number.NEGATIVE_INFINITY;
    const first = runs.at(run, ROW.FIRST);
    if (runs.at(run, ROW.HIGH_WATER) < greatest) runs.set(run, RUN_STATE.BELOW, true);
    greatestFirst.set(epoch, Math.max(first, greatest));
  }
};
