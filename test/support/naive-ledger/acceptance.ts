import { type Arrival, VERDICT } from "../../../collector/tracker/types.ts";
import { liesBelow, makeCurrent, makeCurrentBySilence } from "./current.ts";
import type { Data, Outcome } from "./device.ts";
import { causeOf, keepBounds, openGap } from "./gaps.ts";
import { hear, reachEnd } from "./heard.ts";
import { accepted } from "./outcome.ts";
import type { NaiveGap, NaiveRun } from "./run.ts";
import { timeOf } from "./send-time.ts";
import type { NaiveState } from "./state.ts";

/** Step 4: a run takes a number. */

function firstNumber(ledger: NaiveState, run: NaiveRun, { arrival }: Data): void {
  if (run.received.size > 0 || arrival.arrivalUs >= run.firstHeardUs) return;
  ledger.hit("R8 first arrival moved back");
  run.firstHeardUs = arrival.arrivalUs;
}

/** @param now - the arrival that decided it: later than its own when it was held */
export function takeInOrder(
  ledger: NaiveState,
  run: NaiveRun,
  number: number,
  data: Data,
  now: Arrival = data.arrival,
): Outcome {
  const isSecond = number === run.highWater + 1 && run.received.size > 0;
  ledger.hit(number === run.highWater + 1 ? "step 4 in order" : "step 4 jump ahead");
  firstNumber(ledger, run, data);
  hear(ledger, run, data, true);
  reachEnd(ledger, run, data);
  if (number > run.highWater + 1)
    openGap(ledger, run, run.highWater + 1, number - 1, now, { timeAfter: timeOf(run, data) });
  run.highWater = number;
  run.highWaterAtUs = data.arrival.arrivalUs;
  run.highWaterTimeUs = timeOf(run, data);
  run.clearMs = ledger.evidence.clearMs();
  run.isTailKnown = false;
  run.isEnded = false;
  run.sleepUntilUs = 0;
  run.inOrder += 1;
  run.received.add(number);
  ledger.paths.accepted(run, data.device.device, number, data.arrival.listener, now.nowMs);
  if (isSecond) {
    data.device.isConfirmed = true;
    if (liesBelow(run, data.device.current)) run.wasCurrent = true;
    if (!run.wasCurrent) makeCurrent(ledger, run, data.device, now, "step 7 current by second number");
  }
  makeCurrentBySilence(ledger, run, data.device, now);
  keepBounds(ledger, data.device, now.arrivalUs);
  return accepted(VERDICT.IN_ORDER, run, number, data);
}

export function takeAbsent(ledger: NaiveState, run: NaiveRun, number: number, data: Data): Outcome {
  firstNumber(ledger, run, data);
  hear(ledger, run, data, true);
  makeCurrentBySilence(ledger, run, data.device, data.arrival);
  const gap = run.take(number, timeOf(run, data));
  ledger.paths.accepted(run, data.device.device, number, data.arrival.listener, data.arrival.nowMs);
  const wasLost = gap.state === "lost";
  const isRecovered = gap.requests > 0;
  const isLate = wasLost && !isRecovered;
  ledger.hit(isRecovered ? "step 4 recovered" : isLate ? "step 4 late" : "step 4 reordered");
  if (isRecovered) run.recovered += 1;
  else if (isLate) run.late += 1;
  else run.reordered += 1;
  tellFilled(ledger, run, gap, number, data);
  keepBounds(ledger, data.device, data.arrival.arrivalUs);
  const verdict = isRecovered ? VERDICT.RECOVERED : isLate ? VERDICT.LATE : VERDICT.REORDERED;
  return accepted(verdict, run, number, data);
}

/** R13. */
function tellFilled(ledger: NaiveState, run: NaiveRun, gap: NaiveGap, number: number, data: Data): void {
  if (!gap.hasRow) return;
  const wasLost = gap.state === "lost";
  ledger.hit(wasLost ? "R13 filled when lost" : "R13 filled while open");
  const { openedAtUs, closedAtUs, requests } = gap;
  const cause = wasLost ? gap.cause : causeOf(run, gap, number);
  const filledAtUs = data.arrival.arrivalUs;
  run.filled.set(number, {
    cause,
    openedAtUs,
    lostAtUs: wasLost ? closedAtUs : undefined,
    filledAtUs,
    requests,
  });
  const time = timeOf(run, data);
  ledger.sink.gapFilled(run.run, number, filledAtUs, wasLost, openedAtUs, cause, time, requests);
}

export function takeBelowFirst(ledger: NaiveState, run: NaiveRun, number: number, data: Data): Outcome {
  ledger.hit("R2 first moved down");
  firstNumber(ledger, run, data);
  hear(ledger, run, data, true);
  makeCurrentBySilence(ledger, run, data.device, data.arrival);
  if (number < run.first - 1)
    openGap(ledger, run, number + 1, run.first - 1, data.arrival, {
      timeBefore: timeOf(run, data),
      isBelowFirstContact: true,
    });
  run.first = number;
  run.reordered += 1;
  run.received.add(number);
  ledger.paths.accepted(run, data.device.device, number, data.arrival.listener, data.arrival.nowMs);
  keepBounds(ledger, data.device, data.arrival.arrivalUs);
  return accepted(VERDICT.REORDERED, run, number, data);
}
