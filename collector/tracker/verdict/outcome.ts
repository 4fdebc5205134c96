import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { absoluteSendTime, isSentLater, mapRelative, relativeSendTime } from "../arrival/send-time.ts";
import type { RunTable } from "../run/run-table.ts";
import type { Arrival, Verdict } from "../types.ts";
import * as types from "../types.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { VERDICT } = types;

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
    this.sendTimeRefused = false;
  }

  /** @returns the datagram's send time in wall microseconds as the run maps it, 0 = unknown; the run's greatest keeps up */
  stamp(runs: RunTable, run: number, arrival: Arrival): number {
    const time = this.absoluteUs || mapRelative(runs, run, this.relativeUs, arrival.arrivalUs);
    if (time > runs.at(run, ROW.MAX_SEND_TIME)) runs.put(run, ROW.MAX_SEND_TIME, time);
    return time;
  }

  /** The datagram was sent later than all the run has, as far as both are known: it is no copy, and no old news (R5, R8). */
  isSentLater(runs: RunTable, run: number): boolean {
    return isSentLater(runs, run, this.absoluteUs, this.relativeUs);
  }

  reject(code: number): Verdict {
    this.rejectCode = code;
    return VERDICT.REJECTED;
  }
}
