import { isCurrent, ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import type { LatestEntry } from "./latest-values.ts";
import { RUN, type RunRows } from "./run-rows.ts";

/** Of two newest values of a device, of different channels, whether the first one is newer. */
export const isNewer = (runs: RunRows, one: Readonly<LatestEntry>, other: Readonly<LatestEntry>): boolean => {
  if (one.run < other.run)
    return (
      isKeptFromBefore(runs, other.run, one.run) ||
      (one.flush > other.flush && takesFrom(runs, one.run, false, other.run))
    );
  return one.run === other.run ? one.flush >= other.flush : !isNewer(runs, other, one);
};

/**
 * Whether what a run brings is newer than what another one of its device brought in an earlier flush, or an earlier one of the two in the same. An
 * earlier run speaks against a later one only while the device is heard on it (R6), or without numbers: else it is what was on the way
 * when its sender restarted. Late numbers of a later run are older only where the earlier one was heard on after it.
 * @param run - its number, as that of the other one; a run that is not known is newer when it is later
 * @param isLate - the run had greater numbers before the flush
 */
export const takesFrom = (runs: RunRows, run: number, isLate: boolean, other: number): boolean => {
  const slot = runs.slotOf(run);
  const otherSlot = runs.slotOf(other);
  if (slot < 0 || otherSlot < 0) return run > other;
  if (run > other) {
    if (isKeptFromBefore(runs, run, other)) return false;
    return !isLate || runs.get(slot, ROW.HIGH_WATER_AT) >= runs.get(otherSlot, ROW.HIGH_WATER_AT);
  }
  const speaks = ROW_FLAG.CURRENT | ROW_FLAG.UNSEQUENCED;
  return !isLate && (runs.get(slot, ROW.FLAGS) & speaks) !== 0;
};

/** R3: all numbers of the later run are below those of the earlier one, and the device is not heard on it: it sends what it had kept. */
const isKeptFromBefore = (runs: RunRows, later: number, earlier: number): boolean => {
  const slot = runs.slotOf(later);
  const other = runs.slotOf(earlier);
  if (slot < 0 || other < 0) return false;
  const epoch = runs.get(slot, RUN.EPOCH);
  if (epoch < 0 || epoch !== runs.get(other, RUN.EPOCH)) return false;
  return !isCurrent(runs.get(slot, ROW.FLAGS)) && runs.get(slot, ROW.HIGH_WATER) < runs.get(other, ROW.FIRST);
};
