import type { Arrival } from "../../../collector/tracker/types.ts";
import { CAUSE } from "../../../protocol/ledger-row.ts";
import type { NaiveDevice } from "./device.ts";
import type { NaiveGap, NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** Gaps open and close (R13), with a cause (R14), within bounds (R15). */

export function openGap(
  ledger: NaiveState,
  run: NaiveRun,
  first: number,
  last: number,
  { nowMs, arrivalUs }: Arrival,
  how: { timeBefore?: number; timeAfter?: number; isBelowFirstContact?: boolean },
): void {
  const { windowMs } = ledger.options;
  run.open({
    first,
    last,
    openedAtUs: arrivalUs,
    deadlineMs: nowMs + windowMs,
    order: ledger.gapsOpened++,
    clearMs: run.clearMs,
    isBelowFirstContact: how.isBelowFirstContact ?? false,
    collectorWasDown:
      nowMs <= run.collectorDownUntilMs ||
      (ledger.restartedAtMs !== undefined && nowMs - ledger.restartedAtMs <= windowMs),
    timeBefore: how.timeBefore ?? run.highWaterTimeUs,
    timeAfter: how.timeAfter,
  });
  const owner = [...ledger.devices.values()].find(({ runs }) => runs.includes(run));
  ledger.paths.absent(run, owner!.device, first, last, nowMs);
}

export function closeGap(
  ledger: NaiveState,
  run: NaiveRun,
  gap: NaiveGap,
  wallUs: number,
  isGone = false,
): NaiveGap[] {
  const parts = run.close(gap, (number) => causeOf(run, gap, number, isGone));
  for (const part of parts) {
    part.closedAtUs = wallUs;
    part.hasRow = true;
    const { first, last, openedAtUs, cause, requests } = part;
    ledger.hit(`R14 cause ${cause}`);
    ledger.sink.gapLost(run.run, first, last, openedAtUs, wallUs, cause, 0, 0, requests);
  }
  return parts;
}

/** R14, in the order of the page. */
export const causeOf = (run: NaiveRun, gap: NaiveGap, number: number, isGone = false): number => {
  if (gap.isBelowFirstContact && !gap.collectorWasDown && !isGone) return CAUSE.UNDETERMINED;
  if (run.shed.has(number)) return CAUSE.QUEUE_OVERFLOW;
  if (gap.collectorWasDown) return CAUSE.COLLECTOR_DOWN;
  return isGone ? CAUSE.GONE : (gap.kernelCause ?? CAUSE.UNDETERMINED);
};

/** R15: in the oldest run that has any, the lowest range goes. @param beforeClosing - told of each that is open */
export function keepBounds(
  ledger: NaiveState,
  device: NaiveDevice,
  wallUs: number,
  beforeClosing: (run: NaiveRun, gap: NaiveGap) => void = () => undefined,
): void {
  while (
    gapsOf(device) > 0 &&
    (gapsOf(device) > ledger.options.maxGapsPerDevice || allGaps(ledger) > ledger.options.maxGaps)
  ) {
    ledger.hit(gapsOf(device) > ledger.options.maxGapsPerDevice ? "R15 floor rose" : "R15 total bound");
    const run = device.runs.find((candidate) => candidate.gaps.length > 0)!;
    const lowest = run.gaps[0]!;
    if (lowest.state === "open") {
      beforeClosing(run, lowest);
      closeGap(ledger, run, lowest, wallUs);
    }
    run.foldLowest();
  }
}

const gapsOf = (device: NaiveDevice): number => device.runs.reduce((sum, run) => sum + run.gaps.length, 0);

function allGaps(ledger: NaiveState): number {
  return [...ledger.devices.values()].reduce((sum, device) => sum + gapsOf(device), 0);
}
