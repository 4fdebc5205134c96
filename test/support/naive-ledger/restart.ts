import { dropHeld } from "./held.ts";
import { NaiveEvidence } from "./kernel-evidence.ts";
import { NaivePaths } from "./paths.ts";
import type { NaiveRun } from "./run.ts";
import { unheard } from "./sources.ts";
import type { NaiveState } from "./state.ts";

/** The collector stops in an orderly way: held datagrams are decided. */
export function stop(ledger: NaiveState): void {
  for (const device of ledger.devices.values()) {
    if (device.held !== null) ledger.hit("step 6 hold decided at the stop");
    dropHeld(ledger, device);
  }
}

/** It starts again from what was committed: all that `stop` left, but no clock, no hold, no evidence. */
export function start(ledger: NaiveState, nowMs: number): void {
  ledger.breaks += 1;
  ledger.restartedAtMs = nowMs;
  ledger.evidence = new NaiveEvidence(nowMs);
  ledger.paths = new NaivePaths(ledger.options.paths ?? [0]);
  for (const device of ledger.devices.values()) {
    device.held = null;
    if (device.source !== undefined) device.source = unheard(device.source.name);
    device.newRunsMs = [];
    device.heardBy.clear();
    device.canBeAsked = undefined;
    device.asked = undefined;
    device.tellable = undefined;
    for (const run of device.runs) restoreRun(ledger, run, nowMs);
  }
}

function restoreRun(ledger: NaiveState, run: NaiveRun, nowMs: number): void {
  run.isFromDatabase = true;
  run.collectorDownUntilMs = Number.NEGATIVE_INFINITY;
  run.firstHeardMs = undefined;
  run.highWaterTimeUs = undefined;
  run.clearMs = Number.NEGATIVE_INFINITY;
  run.shed.clear();
  for (const gap of run.gaps.filter((gap) => gap.state === "open")) {
    ledger.hit("R14 window cut by the stop");
    gap.collectorWasDown = true;
    gap.isBelowFirstContact = false;
    gap.deadlineMs = nowMs + ledger.options.windowMs;
    gap.isAsked = false;
    gap.hasRow = true;
    gap.askedAtMs = undefined;
  }
}
