import type { Arrival } from "../../../collector/tracker/types.ts";
import type { Data, NaiveDatagram, NaiveDevice } from "./device.ts";
import { leastRecentlyHeard, openRuns } from "./heard.ts";
import { NaiveRun } from "./run.ts";
import type { NaiveState } from "./state.ts";

/** Step 7: a new epoch or run. */

const TEN_SECONDS_US = 10_000_000;

/** The run has received nothing yet. Null when the bounds refuse it. */
export function newRun(
  ledger: NaiveState,
  data: Data,
  number: number,
  now: Arrival = data.arrival,
): NaiveRun | null {
  const { device, datagram } = data;
  if (!makePlace(ledger, device, now)) return null;
  const isFromZero = beganWhileWeListened(ledger, data, number, now);
  const isControl = datagram.kind !== "data";
  const run = addRun(ledger, data, isFromZero ? 0 : isControl ? number + 1 : number, false);
  device.newRunsMs.push(data.arrival.nowMs);
  // its numbers were sent after those of the run before it
  run.clearMs = isFromZero && device.current !== null ? device.current.clearMs : ledger.evidence.clearMs();
  if (device.current === null) {
    device.current = run;
    run.wasCurrent = true;
  }
  return run;
}

export function addRun(
  ledger: NaiveState,
  { device, datagram, wallTimeUs, arrival }: Data,
  first: number,
  isUnsequenced: boolean,
): NaiveRun {
  const epoch = isUnsequenced ? null : datagram.epoch;
  const run = new NaiveRun({
    run: ledger.nextRun++,
    epoch,
    index: device.runs.filter((known) => known.epoch === epoch).length,
    isUnsequenced,
    first,
    firstSendTimeUs: isUnsequenced ? 0 : wallTimeUs,
    isHeadKnowable: beginsAtZero(datagram) && !isUnsequenced,
    arrivalUs: arrival.arrivalUs,
    nowMs: arrival.nowMs,
  });
  device.runs.push(run);
  ledger.sink.runCreated(run.run, device.device, epoch, run.index);
  return run;
}

function makePlace(ledger: NaiveState, device: NaiveDevice, now: Arrival): boolean {
  const recent = device.newRunsMs.filter((beganMs) => now.nowMs - beganMs < 60_000);
  if (recent.length >= ledger.options.maxNewRunsPerMinute) {
    ledger.hit("R6 too many in a minute");
    return false;
  }
  if (openRuns(device).length < ledger.options.maxOpenRuns) return true;
  const silent = leastRecentlyHeard(device, (run) => run.isSilentFor(TEN_SECONDS_US, now.arrivalUs));
  ledger.hit(silent === undefined ? "R6 too many open" : "R6 silent run closed");
  if (silent !== undefined) silent.isClosed = true;
  return silent !== undefined;
}

/** R2. */
function beganWhileWeListened(
  ledger: NaiveState,
  { device, datagram, isUnbroken }: Data,
  number: number,
  now: Arrival,
): boolean {
  const { current } = device;
  if (current === null || !beginsAtZero(datagram)) return false;
  if (!isUnbroken) {
    ledger.hit("R2 listeners had a break");
    return false;
  }
  const isNear = number <= Math.max(1024, Math.floor(4 * current.usedInSilence(now.arrivalUs)));
  ledger.hit(isNear ? "R2 began while we listened" : "R2 too far to have begun while we listened");
  return isNear;
}

const beginsAtZero = ({ bits = 53, startsAtZero = true }: NaiveDatagram): boolean =>
  bits === 53 && startsAtZero;
