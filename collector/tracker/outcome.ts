import type { Datagram } from "../../protocol/datagram.ts";
import { absoluteSendTime, relativeSendTime } from "./send-time.ts";
import { VERDICT, type Verdict } from "./types.ts";

/** What the last datagram came to, beside its verdict; one object, filled again and again. */
export class Outcome {
  rejectCode = 0;
  device = -1;
  run = -1;
  sequence = -1;
  sendTimeUs = 0;
  sendTimeRefused = false;
  heldSendTimeUs = 0;
  /** slots of the device and of the run that was accepted into, -1 = none */
  slot = -1;
  runSlot = -1;
  heldRunSlot = -1;
  /** usable send time as the datagram gave it: of the two at most one is not 0 */
  absoluteUs = 0;
  relativeUs = 0;

  /** Nothing is known yet but the datagram's own time. */
  clear(datagram: Datagram, arrivalUs: number): void {
    this.rejectCode = 0;
    this.device = -1;
    this.run = -1;
    this.sequence = -1;
    this.sendTimeUs = 0;
    this.slot = -1;
    this.runSlot = -1;
    this.heldRunSlot = -1;
    this.absoluteUs = absoluteSendTime(datagram, arrivalUs);
    this.relativeUs = relativeSendTime(datagram, arrivalUs);
    this.sendTimeRefused = datagram.sendTimeUs !== 0 && this.absoluteUs === 0 && this.relativeUs === 0;
  }

  /** The datagram is to be stored; the caller sets `sequence` and `sendTimeUs`, each of which would be an object as an argument. */
  accept(device: number, run: number, runSlot: number): void {
    this.rejectCode = 0;
    this.device = device;
    this.run = run;
    this.runSlot = runSlot;
    this.heldRunSlot = -1;
    this.sendTimeRefused = false;
  }

  reject(code: number): Verdict {
    this.rejectCode = code;
    return VERDICT.REJECTED;
  }
}
