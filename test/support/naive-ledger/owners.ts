import type { Data } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import { hasSentUntil, isKnownLess } from "./send-time.ts";
import type { NaiveState } from "./state.ts";

/** Step 3. */
export function runsThatMayOwn(ledger: NaiveState, data: Data): NaiveRun[] {
  const runs = runsOfEpoch(data);
  const taking = runs.filter((run, position) => {
    const isPassedOver =
      isKnownLess(data.wallTimeUs, run.firstSendTimeUs) &&
      runs.slice(position + 1).some((older) => hasSentUntil(older, data.wallTimeUs));
    if (isPassedOver) ledger.hit("step 3 newer run passed over");
    return !isPassedOver;
  });
  return data.datagram.epoch === null || data.datagram.sequence === null ? taking.slice(0, 1) : taking;
}

/** Numbered runs of its epoch, newest first, closed ones too. */
export function runsOfEpoch({ device, datagram }: Data): NaiveRun[] {
  return device.runs.filter((run) => run.epoch === datagram.epoch && !run.isUnsequenced).reverse();
}
