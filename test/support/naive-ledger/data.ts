import { VERDICT } from "../../../collector/tracker/types.ts";
import { takeAbsent, takeBelowFirst, takeInOrder } from "./acceptance.ts";
import type { Data, Outcome } from "./device.ts";
import { hear } from "./heard.ts";
import { holdUnbelieved } from "./held.ts";
import { addRun, newRun } from "./new-run.ts";
import { cannotExtend, extend, jumpOf } from "./numbers.ts";
import { accepted, refuse } from "./outcome.ts";
import { runsOfEpoch, runsThatMayOwn } from "./owners.ts";
import { alreadyReceived } from "./reused.ts";
import type { NaiveRun } from "./run.ts";
import { tellSplit } from "./run-events.ts";
import type { NaiveState } from "./state.ts";

/** A DATA datagram: steps 3 to 7 in their order. */

export function takeData(ledger: NaiveState, data: Data): Outcome {
  const runs = runsThatMayOwn(ledger, data); // step 3
  if (runs.length === 0) return beginWith(ledger, data); // step 7
  for (const run of runs) {
    const outcome = offerTo(ledger, run, data); // step 4
    if (outcome !== null) return outcome;
  }
  const newest = runsOfEpoch(data)[0]!;
  const number = cannotExtend(newest, data) ? data.number : extend(newest, data);
  const isBefore = number < newest.first;
  return holdUnbelieved(ledger, data, isBefore ? "before-first" : "implausible-sequence"); // step 6
}

/** Step 4: null when the run does not believe the number. */
function offerTo(ledger: NaiveState, run: NaiveRun, data: Data): Outcome | null {
  if (cannotExtend(run, data)) return endNarrowRun(ledger, data);
  const number = extend(run, data);
  if (number < 0) {
    ledger.hit("R7 below 0");
    return null;
  }
  const jump = jumpOf(ledger, run, data);
  if (number > run.highWater)
    return number > run.highWater + jump ? null : takeInOrder(ledger, run, number, data);
  if (run.epoch === null && run.highWater - number > Math.min(100, 2 ** data.bits / 4)) {
    ledger.hit("R7 too far back");
    return null;
  }
  if (number >= run.first) {
    if (number < run.floor) return refuse(ledger, "below-floor");
    return run.gapOf(number) === undefined
      ? alreadyReceived(ledger, run, number, data)
      : takeAbsent(ledger, run, number, data);
  }
  const { nowMs } = data.arrival;
  const isInWindow = run.firstHeardMs !== undefined && nowMs - run.firstHeardMs <= ledger.options.windowMs;
  if (run.first - number > jump || run.floor !== 0 || !isInWindow) return null;
  return takeBelowFirst(ledger, run, number, data);
}

function endNarrowRun(ledger: NaiveState, data: Data): Outcome {
  const run = newRun(ledger, data, data.number);
  if (run === null) return refuse(ledger, "too-many-epochs");
  ledger.hit("R7 silence ends the run");
  tellSplit(ledger, data);
  return takeInOrder(ledger, run, data.number, data);
}

function beginWith(ledger: NaiveState, data: Data): Outcome {
  const run = newRun(ledger, data, data.number);
  if (run === null) return refuse(ledger, "too-many-epochs");
  ledger.hit(data.device.runs.length === 1 ? "R2 first contact" : "R6 new epoch");
  return takeInOrder(ledger, run, data.number, data);
}

export function takeUnsequenced(ledger: NaiveState, data: Data): Outcome {
  const { device } = data;
  const run = device.runs.find((known) => known.isUnsequenced) ?? addRun(ledger, data, -1, true);
  ledger.hit("R10 unsequenced");
  hear(ledger, run, data, true);
  const counter = run.unsequenced++;
  if (run.unsequenced > 1) device.isConfirmed = true;
  return accepted(VERDICT.UNSEQUENCED, run, counter, data);
}
