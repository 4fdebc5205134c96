import { VERDICT } from "../../../collector/tracker/types.ts";
import { makeCurrentBySilence } from "./current.ts";
import type { Data, Outcome } from "./device.ts";
import { keepBounds, openGap } from "./gaps.ts";
import { hear, reachEnd } from "./heard.ts";
import { newRun } from "./new-run.ts";
import { cannotExtend, extend, jumpOf } from "./numbers.ts";
import { plain, refuse } from "./outcome.ts";
import { runsThatMayOwn } from "./owners.ts";
import { goneFor, wasAsked } from "./recovery.ts";
import type { NaiveRun } from "./run.ts";
import { tellAnnouncement, tellReuse, tellSplit } from "./run-events.ts";
import { isSentAfterAll, timeOf } from "./send-time.ts";
import { isElsewhere, pathOf, sourceOf } from "./sources.ts";
import type { NaiveState } from "./state.ts";

/** Control datagrams (R8). */

export function takeControl(ledger: NaiveState, data: Data): Outcome {
  const { device, datagram } = data;
  if (ledger.recovers && datagram.kind === "gone") {
    const { arrival } = data;
    if (wasAsked(device, arrival.nowMs, arrival.port)) goneFor(ledger, data);
    else if (
      wasAsked(device, arrival.nowMs) &&
      isElsewhere(device, sourceOf(arrival), pathOf(ledger, arrival))
    )
      ledger.hit("R12 answer by another path");
    else return refuse(ledger, "not-asked");
  }
  const isForeignGone = datagram.kind === "gone" && device.current?.epoch !== datagram.epoch;
  if (datagram.sequence === null || isForeignGone || (datagram.kind === "gone" && device.current === null)) {
    ledger.hit("R8 asserts nothing");
    // GONE may have cut ranges all the same
    keepBounds(ledger, device, data.arrival.arrivalUs);
    return plain(VERDICT.CONTROL);
  }
  const run = runsThatMayOwn(ledger, data)[0];
  if (run === undefined) controlBegins(ledger, data, "R8 first contact");
  else if (cannotExtend(run, data)) {
    if (controlBegins(ledger, data, "R7 silence ends the run (control)") !== null) tellSplit(ledger, data);
  } else controlSays(ledger, run, data);
  keepBounds(ledger, device, data.arrival.arrivalUs);
  return plain(VERDICT.CONTROL);
}

function controlBegins(ledger: NaiveState, data: Data, why: string): NaiveRun | null {
  const run = newRun(ledger, data, data.number - 1);
  if (run === null) return null;
  ledger.hit(why);
  assertNext(ledger, run, data.number, data);
  // what carries the numbers from there on was sent after it
  run.clearMs = ledger.evidence.clearMs();
  return run;
}

function controlSays(ledger: NaiveState, run: NaiveRun, data: Data): void {
  const next = extend(run, data);
  if (next < 0) return;
  if (next - 1 < run.highWater) {
    controlIsLower(ledger, run, data);
    return;
  }
  if (next - 1 > run.highWater + jumpOf(ledger, run, data)) {
    ledger.hit("R8 beyond J ignored");
    return;
  }
  ledger.hit(next - 1 > run.highWater ? "R8 tail loss seen" : "R8 nothing new");
  assertNext(ledger, run, next, data);
}

function controlIsLower(ledger: NaiveState, run: NaiveRun, data: Data): void {
  if (!isSentAfterAll(run, data)) {
    ledger.hit("R8 lower ignored");
    hear(ledger, run, data, true);
    return;
  }
  if (controlBegins(ledger, data, "R8 numbers reused") !== null) tellReuse(ledger, run, data);
}

/** The run's end is at least `next`, at most J above what we knew. */
function assertNext(ledger: NaiveState, run: NaiveRun, next: number, data: Data): void {
  const { datagram, arrival } = data;
  hear(ledger, run, data, true);
  reachEnd(ledger, run, data);
  if (next - 1 > run.highWater) {
    openGap(ledger, run, run.highWater + 1, next - 1, arrival, { timeAfter: timeOf(run, data) });
    run.highWater = next - 1;
    run.highWaterAtUs = arrival.arrivalUs;
    run.highWaterTimeUs = undefined;
    run.clearMs = ledger.evidence.clearMs();
    run.isEnded = false;
  }
  makeCurrentBySilence(ledger, run, data.device, data.arrival);
  run.isTailKnown = true;
  if (datagram.isEnd === true) {
    ledger.hit("R8 end");
    if (!run.isEnded) tellAnnouncement(ledger, "end", data);
    run.isEnded = true;
  }
  const { sleepSeconds } = datagram;
  if (sleepSeconds !== undefined && run.sleepUntilUs === 0) tellAnnouncement(ledger, "sleep", data);
  run.sleepUntilUs = sleepSeconds === undefined ? 0 : arrival.arrivalUs + sleepSeconds * 1e6;
}
