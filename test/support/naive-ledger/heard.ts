import type { Data, NaiveDevice } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** The datagram is accounted to the run: it was heard, it is open again (step 7), it knows send times. */
export function hear(ledger: NaiveState, run: NaiveRun, data: Data, setsTimes: boolean): void {
  const { arrival, relativeUs, wallTimeUs, device } = data;
  run.lastHeardUs = arrival.arrivalUs;
  if (run.isClosed) reopen(ledger, run, device);
  if (!setsTimes) return;
  run.maxWallTimeUs = Math.max(run.maxWallTimeUs, wallTimeUs);
  if (relativeUs === undefined) return;
  run.clockBaseUs = Math.min(run.clockBaseUs ?? Number.POSITIVE_INFINITY, arrival.arrivalUs - relativeUs);
  run.maxRelativeUs = Math.max(run.maxRelativeUs ?? 0, relativeUs);
}

function reopen(ledger: NaiveState, run: NaiveRun, device: NaiveDevice): void {
  ledger.hit("step 7 closed run heard again");
  run.isClosed = false;
  if (openRuns(device).length <= ledger.options.maxOpenRuns) return;
  const other = leastRecentlyHeard(device, (candidate) => candidate !== run);
  if (other !== undefined) other.isClosed = true;
}

export const openRuns = (device: NaiveDevice): NaiveRun[] =>
  device.runs.filter((run) => !run.isClosed && !run.isUnsequenced);

/** Of the open runs that are not current and that pass; of two heard at once the older one. */
export const leastRecentlyHeard = (
  device: NaiveDevice,
  passes: (run: NaiveRun) => boolean,
): NaiveRun | undefined =>
  openRuns(device)
    .filter((run) => run !== device.current && passes(run))
    .sort((a, b) => a.lastHeardUs - b.lastHeardUs)[0];

/** R14 (a): the run's end was reached, for the first time since the start. */
export function reachEnd(ledger: NaiveState, run: NaiveRun, { arrival }: Data): void {
  if (!run.isFromDatabase) return;
  ledger.hit("R14 end reached since the start");
  run.isFromDatabase = false;
  run.collectorDownUntilMs = arrival.nowMs + ledger.options.windowMs;
}
