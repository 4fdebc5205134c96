import * as constants from "../../protocol/constants.ts";
import type { Datagram } from "../../protocol/datagram.ts";
import * as ledgerRow from "../../protocol/ledger-row.ts";
import type { TrackerContext } from "./context.ts";
import * as deviceSlot from "./device-slot.ts";
import * as runState from "./run-state.ts";
import type { RunTable } from "./run-table.ts";
import { isSentLater } from "./send-time.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { KIND } = constants;
const { ROW } = ledgerRow;
const { SLOT } = deviceSlot;
const { RUN_STATE } = runState;

/** All numbers of a run are below the first of an older one. Never so again once it is not: a high water does not fall, a first number does not rise. */
export const liesBelow = (runs: RunTable, run: number, older: number): boolean =>
  runs.at(run, ROW.HIGH_WATER) < runs.at(older, ROW.FIRST);

/** the greatest number that the datagram says was used */
export const lastUsed = ({ kind, sequence }: Datagram): number =>
  kind === KIND.DATA ? sequence : sequence - 1;

/**
 * Step 3: whether the number belongs to an older run that lies above this one, as what a device goes on with does while it also sends what it had
 * kept from before it was first heard. Not so when this run just reaches the other, which has ended, or when a number is used again: then the device
 * has begun anew.
 * @param absoluteUs - when it was sent, 0 = unknown @param relativeUs - the same from the start of its epoch
 * @param goesOn - the number is the next of this run, and the device goes on in a run above (goesOnAbove)
 */
export const isOfRunAbove = (
  runs: RunTable,
  run: number,
  older: number,
  datagram: Datagram,
  absoluteUs: number,
  relativeUs: number,
  goesOn: boolean,
): boolean => {
  const isData = datagram.kind === KIND.DATA;
  const number = lastUsed(datagram);
  const top = runs.at(run, ROW.HIGH_WATER);
  if (number < runs.at(older, ROW.FIRST) || number <= top) return false;
  if (!liesBelow(runs, run, older) || top < runs.at(run, ROW.FIRST)) return false;
  const isKnownThere = number <= runs.at(older, ROW.HIGH_WATER);
  const isLater = isSentLater(runs, older, absoluteUs, relativeUs);
  if (number !== top + 1) return !isData || !isKnownThere || !isLater || !isHere(runs, older, number);
  // it reaches the other: what that one goes on with, a copy of what it has, by its time, and what was the last there, by control, are none of its own
  const timeTells = absoluteUs !== 0 && runs.at(older, ROW.MAX_SEND_TIME) !== 0;
  const isLast = !isData && number === runs.at(older, ROW.HIGH_WATER);
  return isKnownThere && (isLast || (!isLater && (timeTells || goesOn)));
};

/** Numbers above this run were used since it was heard, later than they are swapped on their way: the device did not begin anew. */
export const goesOnAbove = (runs: RunTable, run: number, older: number, windowMs: number): boolean =>
  liesBelow(runs, run, older) &&
  runs.at(older, ROW.HIGH_WATER_AT) - runs.at(run, ROW.FIRST_ARRIVAL) > windowMs * 1000;

/**
 * Step 3: the number is one of this run that lies below the older one. What a device had kept may be sent in any order, and again when it is asked
 * for: that it was sent before this run's first datagram does not make it the other's.
 */
export const isInRunBelow = (
  runs: RunTable,
  run: number,
  older: number,
  { kind, sequence }: Datagram,
): boolean => {
  const top = runs.at(run, ROW.HIGH_WATER);
  const isHereOrAbsent = kind === KIND.DATA && sequence <= top && top >= runs.at(run, ROW.FIRST);
  return isHereOrAbsent && liesBelow(runs, run, older);
};

/** R5 is of numbers that are here: one that is absent may be sent for the first time, later than what follows it. */
const isHere = (runs: RunTable, run: number, number: number): boolean =>
  number >= runs.at(run, ROW.FLOOR) && (runs.gaps[run]?.find(number) ?? -1) < 0;

/** Mark whichever of the run and the others of its declared epoch lie below an older one (step 3). */
export const noteBelow = ({ runs, devices }: TrackerContext, run: number): void => {
  const epoch = runs.epoch[run]!;
  if (epoch < 0) return;
  let isOlder = false;
  for (let other = devices.int(runs.device[run]!, SLOT.NEWEST); other >= 0; other = runs.older[other]!) {
    if (other === run) isOlder = true;
    else if (runs.epoch[other] !== epoch) continue;
    else if (isOlder && liesBelow(runs, run, other)) runs.set(run, RUN_STATE.BELOW, true);
    else if (!isOlder && liesBelow(runs, other, run)) runs.set(other, RUN_STATE.BELOW, true);
  }
};

/** The same of all runs of a device at once: for each of thousands that are read back it would take as long as there are. */
export const noteAllBelow = ({ runs, devices }: TrackerContext, device: number): void => {
  const newest = devices.int(device, SLOT.NEWEST);
  // nearly all have one run
  if (newest < 0 || runs.older[newest]! < 0) return;
  const newestFirst: number[] = [];
  for (let run = newest; run >= 0; run = runs.older[run]!) newestFirst.push(run);
  const greatestFirst = new Map<number, number>();
  for (const run of newestFirst.reverse()) {
    const epoch = runs.epoch[run]!;
    if (epoch < 0) continue;
    const greatest = greatestFirst.get(epoch) ?? Number.NEGATIVE_INFINITY;
    const first = runs.at(run, ROW.FIRST);
    if (runs.at(run, ROW.HIGH_WATER) < greatest) runs.set(run, RUN_STATE.BELOW, true);
    if (first > greatest) greatestFirst.set(epoch, first);
  }
};
