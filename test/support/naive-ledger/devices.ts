import { VERDICT } from "../../../collector/tracker/types.ts";
import type { NaiveDatagram, NaiveDevice, Outcome } from "./device.ts";
import { dropHeld } from "./held.ts";
import { plain, refuse } from "./outcome.ts";
import type { NaiveState } from "./state.ts";

/** Step 2: the device of a datagram, and the device cap (R16). */

/** R16. Null when there is no place, or when the datagram creates nothing. */
export function deviceFor(ledger: NaiveState, datagram: NaiveDatagram): NaiveDevice | null {
  const known = ledger.devices.get(datagram.device);
  if (known !== undefined) return known;
  if (!createsDevice(datagram)) return null;
  if (ledger.devices.size >= ledger.options.maxDevices && !forgetOldestProvisional(ledger)) return null;
  const device: NaiveDevice = {
    device: ledger.nextDevice++,
    id: datagram.device,
    isConfirmed: false,
    runs: [],
    current: null,
    held: null,
    breaksWhenHeard: ledger.breaks,
    source: undefined,
    newRunsMs: [],
    heardBy: new Set(),
    canBeAsked: undefined,
    asked: undefined,
    tellable: undefined,
  };
  ledger.devices.set(device.id, device);
  ledger.sink.deviceCreated(device.device, device.id);
  return device;
}

/** GONE for an epoch that is nobody's current one, and what asserts no `next`, create nothing. */
const createsDevice = ({ kind, sequence }: NaiveDatagram): boolean =>
  kind === "data" || (kind !== "gone" && sequence !== null);

function forgetOldestProvisional(ledger: NaiveState): boolean {
  const provisional = [...ledger.devices.values()].find((device) => !device.isConfirmed);
  if (provisional === undefined) return false;
  ledger.hit("R16 provisional forgotten");
  dropHeld(ledger, provisional);
  ledger.devices.delete(provisional.id);
  ledger.sink.deviceForgotten(provisional.device);
  return true;
}

export function withoutDevice(ledger: NaiveState, datagram: NaiveDatagram): Outcome {
  if (createsDevice(datagram)) return refuse(ledger, "device-limit");
  if (ledger.recovers && datagram.kind === "gone") return refuse(ledger, "not-asked");
  ledger.hit("R8 control without a device");
  return plain(VERDICT.CONTROL);
}
