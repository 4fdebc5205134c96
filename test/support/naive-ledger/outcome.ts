import { VERDICT, type Verdict } from "../../../collector/tracker/types.ts";
import type { RejectReason } from "../../../protocol/reasons.ts";
import type { Data, Outcome } from "./device.ts";
import type { NaiveRun } from "./run.ts";
import { sendTimeOf, timeOf } from "./send-time.ts";
import type { NaiveState } from "./state.ts";

export const plain = (verdict: Verdict, reason: RejectReason = "sound"): Outcome => ({
  verdict,
  reason,
  run: -1,
  sequence: -1,
  sendTimeUs: 0,
});

export const accepted = (verdict: Verdict, run: NaiveRun, sequence: number, data: Data): Outcome => {
  run.times.set(sequence, timeOf(run, data));
  return { verdict, reason: "sound", run: run.run, sequence, sendTimeUs: sendTimeOf(run, data) };
};

export function refuse(ledger: NaiveState, reason: RejectReason): Outcome {
  ledger.hit(`R12 ${reason}`);
  return plain(VERDICT.REJECTED, reason);
}
