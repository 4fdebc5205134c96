import type { Data } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import { hasSentUntil, isKnownLess, isSentAfterAll } from "./send-time.ts";
import type { NaiveState } from "./state.ts";

/** Step 3. */
export function runsThatMayOwn(ledger: NaiveState, data: Data): NaiveRun[] {
  const runs = runsOfEpoch(data);
  const taking = runs.filter((run, position) => {
    const older = runs.slice(position + 1);
    if (run.epoch !== null && older.some((other) => isOfRunAbove(ledger, run, other, older, data))) {
      ledger.hit("step 3 run below another passed over");
      return false;
    }
    const isPassedOver =
      isKnownLess(data.wallTimeUs, run.firstSendTimeUs) &&
      older.some((other) => hasSentUntil(other, data.wallTimeUs) && !isInRunBelow(ledger, run, other, data));
    if (isPassedOver) ledger.hit("step 3 newer run passed over");
    return !isPassedOver;
  });
  return data.datagram.epoch === null || data.datagram.sequence === null ? taking.slice(0, 1) : taking;
}

/** Step 3: the run lies below an older one, of which the number is. */
function isOfRunAbove(
  ledger: NaiveState,
  run: NaiveRun,
  older: NaiveRun,
  allOlder: NaiveRun[],
  data: Data,
): boolean {
  const isData = data.datagram.kind === "data";
  const number = isData ? data.number : data.number - 1;
  if (!liesBelow(run, older) || number < older.first) return false;
  const isKnown = number <= older.highWater;
  if (number === run.highWater + 1) {
    const isLast = !isData && number === older.highWater;
    const isLater = isSentAfterAll(older, data);
    const timeTells = data.wallTimeUs !== 0 && older.greatestSendTimeUs() !== 0;
    const laterUs = run.firstHeardUs + ledger.options.windowMs * 1000;
    const goesOn = allOlder.some((other) => liesBelow(run, other) && other.highWaterAtUs > laterUs);
    if (isKnown && !isLast && !isLater && !timeTells && goesOn) ledger.hit("step 3 device goes on above");
    return isKnown && (isLast || (!isLater && (timeTells || goesOn)));
  }
  const isHere = number >= older.floor && older.received.has(number);
  return !(isData && isHere && isSentAfterAll(older, data));
}

/** Step 3: the run lies below an older one, and the number is up to its high water. */
function isInRunBelow(ledger: NaiveState, run: NaiveRun, older: NaiveRun, data: Data): boolean {
  const isUpTo = data.datagram.kind === "data" && data.number <= run.highWater;
  const isInside = isUpTo && run.epoch !== null && liesBelow(run, older);
  if (isInside) ledger.hit("step 3 run below another not passed over");
  return isInside;
}

const liesBelow = (run: NaiveRun, older: NaiveRun): boolean =>
  run.highWater >= run.first && run.highWater < older.first;

/** Numbered runs of its epoch, newest first, closed ones too. */
export function runsOfEpoch({ device, datagram }: Data): NaiveRun[] {
  return device.runs.filter((run) => run.epoch === datagram.epoch && !run.isUnsequenced).reverse();
}
