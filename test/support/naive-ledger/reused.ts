import { VERDICT } from "../../../collector/tracker/types.ts";
import { takeInOrder } from "./acceptance.ts";
import type { Data, Outcome } from "./device.ts";
import { hear } from "./heard.ts";
import { holdReused } from "./held.ts";
import { newRun } from "./new-run.ts";
import { plain, refuse } from "./outcome.ts";
import { wasAsked } from "./recovery.ts";
import type { NaiveRun } from "./run.ts";
import { tellReuse } from "./run-events.ts";
import { isSentAfterAll } from "./send-time.ts";
import type { NaiveState } from "./state.ts";

/** Step 5: numbers already received. */

const TEN_SECONDS_US = 10_000_000;

export function alreadyReceived(ledger: NaiveState, run: NaiveRun, number: number, data: Data): Outcome {
  if (!run.received.has(number)) throw new RangeError(`number ${number} of run ${run.run} is in no bin`);
  if (isSentAfterAll(run, data)) return beginReused(ledger, run, data);
  if (ledger.paths.isRedundant(run, data.device.device, number, data.arrival.listener)) {
    ledger.hit("R4 redundant");
    run.redundant += 1;
    return plain(VERDICT.REDUNDANT);
  }
  const saysNothing =
    data.relativeUs !== undefined || data.wallTimeUs === 0 || run.greatestSendTimeUs() === 0;
  const isUnasked = !wasAsked(data.device, data.arrival.nowMs);
  const isQuiet = Math.abs(data.arrival.arrivalUs - run.highWaterAtUs) > TEN_SECONDS_US;
  if (saysNothing && isUnasked && isQuiet) return holdReused(ledger, run, data);
  ledger.hit("R4 duplicate");
  hear(ledger, run, data, false);
  run.duplicates += 1;
  return plain(VERDICT.DUPLICATE);
}

function beginReused(ledger: NaiveState, run: NaiveRun, data: Data): Outcome {
  const next = newRun(ledger, data, data.number);
  if (next === null) return refuse(ledger, "too-many-epochs");
  tellReuse(ledger, run, data);
  return takeInOrder(ledger, next, data.number, data);
}
