import type { Arrival } from "../../../collector/tracker/types.ts";
import type { NaiveDevice } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import { followSource, pathOf, sourceOf } from "./sources.ts";
import type { NaiveState } from "./state.ts";

/** Step 7: which run of a device is current. */

const TEN_SECONDS_US = 10_000_000;

/** A datagram of the run that was accepted, or a control datagram that was not ignored. */
export function makeCurrentBySilence(
  ledger: NaiveState,
  run: NaiveRun,
  device: NaiveDevice,
  now: Arrival,
): void {
  const { current } = device;
  if (current === null || current === run) return;
  const spanUs = Math.max(1_000_000, current.lastHeardUs - current.firstHeardUs);
  const mayHaveEnded =
    current.expected() === 0 || current.expected() * current.silenceUs(now.arrivalUs) >= 3 * spanUs;
  if (liesBelow(run, current) && !mayHaveEnded) ledger.hit("step 7 current goes on above");
  else if (current.isSilentFor(TEN_SECONDS_US, now.arrivalUs))
    makeCurrent(ledger, run, device, now, "step 7 current by silence");
}

/** A newer run of the same declared epoch, all of it below the current one. */
export function liesBelow(run: NaiveRun, current: NaiveRun | null): boolean {
  if (current === null || run.epoch === null || run.epoch !== current.epoch) return false;
  return run.index > current.index && run.highWater < current.first;
}

export function makeCurrent(
  ledger: NaiveState,
  run: NaiveRun,
  device: NaiveDevice,
  now: Arrival,
  why: string,
): void {
  const former = device.current;
  if (former === run || former === null) return;
  ledger.hit(why);
  device.current = run;
  run.wasCurrent = true;
  followSource(device, sourceOf(now), now.nowMs, pathOf(ledger, now));
  const { arrivalUs } = now;
  if (former.epoch === run.epoch) return;
  ledger.sink.event(arrivalUs, "restart", device.device, {});
  if (run.epoch === null || former.epoch === null || run.epoch > former.epoch) return;
  ledger.hit("R6 epoch went back");
  ledger.sink.event(arrivalUs, "epoch-went-back", device.device, {});
}
