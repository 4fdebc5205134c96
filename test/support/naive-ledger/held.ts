import { VERDICT } from "../../../collector/tracker/types.ts";
import { REJECT, type RejectReason } from "../../../protocol/reasons.ts";
import { takeInOrder } from "./acceptance.ts";
import type { Data, Held, NaiveDevice, Outcome } from "./device.ts";
import { newRun } from "./new-run.ts";
import { plain, refuse } from "./outcome.ts";
import type { NaiveRun } from "./run.ts";
import { tellReuse, tellSplit } from "./run-events.ts";
import type { NaiveState } from "./state.ts";

/** Step 6: held datagrams. */

export function holdReused(ledger: NaiveState, run: NaiveRun, data: Data): Outcome {
  const { held } = data.device;
  if (held !== null && held.owner !== null && isNextOf(held.data, data)) {
    ledger.hit("R5 confirmed without send times");
    return confirmHeld(ledger, held, data, () => tellReuse(ledger, run, data));
  }
  ledger.hit("R5 held");
  return keepAside(ledger, { data, owner: run, reason: "sound" });
}

export function holdUnbelieved(ledger: NaiveState, data: Data, reason: RejectReason): Outcome {
  const { held } = data.device;
  if (held !== null && held.owner === null && isNextOf(held.data, data)) {
    ledger.hit("R3 confirmed");
    return confirmHeld(ledger, held, data, () => tellSplit(ledger, data));
  }
  ledger.hit(`R3 held ${reason}`);
  return keepAside(ledger, { data, owner: null, reason });
}

/** Step 6: the number after the held one, of the same epoch, as both read on the wire. */
const isNextOf = (held: Data, data: Data): boolean =>
  held.datagram.epoch === data.datagram.epoch && (held.number + 1) % 2 ** data.bits === data.number;

function keepAside(ledger: NaiveState, held: Omit<Held, "deadlineMs">): Outcome {
  const { device, arrival } = held.data;
  if (device.held !== null) ledger.hit("step 6 hold replaced");
  dropHeld(ledger, device);
  device.held = { ...held, deadlineMs: arrival.nowMs + holdMs(ledger, device) };
  return plain(VERDICT.HELD);
}

function holdMs(ledger: NaiveState, device: NaiveDevice): number {
  const rate = device.current?.rate() ?? 0;
  const patienceMs = rate === 0 ? 0 : Math.min(3000 / rate, 3_600_000);
  if (patienceMs <= ledger.options.holdMs) return ledger.options.holdMs;
  ledger.hit("step 6 slow device holds longer");
  return patienceMs;
}

function confirmHeld(ledger: NaiveState, held: Held, data: Data, tell: () => void): Outcome {
  const { device } = data;
  device.held = null;
  const run = newRun(ledger, asSplit(held), held.data.number, data.arrival);
  if (run === null) {
    ledger.hit("step 6 both refused");
    ledger.sink.heldDropped(device.device, false, REJECT["too-many-epochs"], held.data.arrival.listener);
    return refuse(ledger, "too-many-epochs");
  }
  tell();
  takeInOrder(ledger, run, held.data.number, held.data, data.arrival);
  ledger.sink.heldAccepted(device.device, run.run, held.data.number, held.data.arrival.listener);
  return takeInOrder(ledger, run, held.data.number + 1, data);
}

/** R2: what makes a second run of a declared epoch is no beginning. */
const asSplit = ({ data, owner }: Held): Data =>
  owner === null && data.datagram.epoch !== null ? { ...data, isUnbroken: false } : data;

/** It became a duplicate, or is rejected. */
export function dropHeld(ledger: NaiveState, device: NaiveDevice): void {
  const { held } = device;
  if (held === null) return;
  device.held = null;
  if (held.owner !== null) held.owner.duplicates += 1;
  ledger.hit(held.owner !== null ? "R5 hold became duplicate" : `R3 hold became ${held.reason}`);
  ledger.sink.heldDropped(
    device.device,
    held.owner !== null,
    REJECT[held.reason],
    held.data.arrival.listener,
  );
}
