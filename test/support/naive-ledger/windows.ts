import { CAUSE } from "../../../protocol/ledger-row.ts";
import type { NaiveDevice } from "./device.ts";
import { closeGap, keepBounds } from "./gaps.ts";
import { dropHeld } from "./held.ts";
import { isAskable } from "./recovery.ts";
import type { NaiveGap, NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** R9, and the time limit of step 6. */
export function tick(ledger: NaiveState, nowMs: number, drainedAtMs: number, wallUs: number): void {
  for (const device of ledger.devices.values()) {
    for (const { run, gap } of dueGaps(device, drainedAtMs)) {
      if (!run.gaps.includes(gap)) continue; // the bound of R15 took it
      askKernel(ledger, device, run, gap);
      if (isToBeAsked(ledger, device, run, gap)) {
        ledger.hit("recovery began");
        gap.isAsked = true;
        gap.hasRow = true;
        gap.deadlineMs = drainedAtMs + 10_000;
        continue;
      }
      ledger.hit("R9 window closed");
      closeGap(ledger, run, gap, wallUs);
      keepBounds(ledger, device, wallUs, (other, lowest) => {
        if (lowest.deadlineMs <= drainedAtMs) askKernel(ledger, device, other, lowest);
      });
    }
    const { held } = device;
    if (held !== null && held.deadlineMs <= nowMs) {
      ledger.hit("step 6 hold expired");
      dropHeld(ledger, device);
    }
  }
}

function dueGaps(device: NaiveDevice, drainedAtMs: number): { run: NaiveRun; gap: NaiveGap }[] {
  return device.runs
    .flatMap((run) => run.gaps.map((gap) => ({ run, gap })))
    .filter(({ gap }) => gap.state === "open" && gap.deadlineMs <= drainedAtMs)
    .sort((a, b) => a.gap.deadlineMs - b.gap.deadlineMs || a.gap.order - b.gap.order);
}

/** R14: once, when the window is over. */
function askKernel(ledger: NaiveState, device: NaiveDevice, run: NaiveRun, gap: NaiveGap): void {
  if (gap.isAsked || gap.collectorWasDown || gap.isBelowFirstContact) return;
  let count = 0;
  for (const number of run.shed) if (gap.first <= number && number <= gap.last) count += 1;
  count = gap.last - gap.first + 1 - count;
  if (count === 0) return;
  const fromMs = gap.clearMs - ledger.options.windowMs;
  gap.kernelCause =
    fromMs === Number.NEGATIVE_INFINITY
      ? CAUSE.UNDETERMINED
      : ledger.evidence.causeOf(device.heardBy, device.source?.name ?? "", fromMs, gap.deadlineMs, count);
}

function isToBeAsked(ledger: NaiveState, device: NaiveDevice, run: NaiveRun, gap: NaiveGap): boolean {
  if (!ledger.recovers || gap.isAsked || gap.requests >= 10) return false;
  return device.canBeAsked !== false && isAskable(device, run);
}
