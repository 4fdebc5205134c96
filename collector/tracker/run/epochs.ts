import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { mapRelative } from "../arrival/send-time.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import { elapsedUs } from "../elapsed.ts";
import type { Arrival } from "../types.ts";
import { plausibleHead } from "../verdict/belief.ts";
import type { FirstContact } from "../verdict/first-contact.ts";
import { noteBelow } from "./below.ts";
import type { ClosedRuns } from "./closed-runs.ts";
import type { CurrentRun } from "./current-run.ts";
import type { RunLedger } from "./run-ledger.ts";
import * as runState from "./run-state.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW, ROW_FLAG } = ledgerRow;
const { MARK, SLOT } = deviceSlot;
const { RUN_STATE, SILENT_US, STEADY } = runState;

const MINUTE_MS = 60_000;

/** The runs of a device: which of them a datagram may belong to, and when a new one begins (R2, R5, R6). */
export class Epochs {
  readonly #context: TrackerContext;
  readonly #ledger: RunLedger;
  readonly #closed: ClosedRuns;
  readonly #current: CurrentRun;

  constructor(context: TrackerContext, ledger: RunLedger, closed: ClosedRuns, current: CurrentRun) {
    this.#context = context;
    this.#ledger = ledger;
    this.#closed = closed;
    this.#current = current;
  }

  /** @returns the newest numbered run of the epoch, read back if need be; -1 when there is none */
  newestOf(device: number, epoch: number): number {
    const { devices, runs } = this.#context;
    const found = this.#matching(devices.int(device, SLOT.NEWEST), epoch);
    const lastGone = this.#closed.lastIndexOf(device, epoch);
    // one of those that left the memory may be newer than all that have not
    const isNewest = lastGone < 0 || (found >= 0 && runs.index[found]! > lastGone);
    return !isNewest && this.#closed.readBack(device, epoch)
      ? this.#matching(devices.int(device, SLOT.NEWEST), epoch)
      : found;
  }

  /** Whether a numbered run is the newest of its epoch, of those too that left the memory: none is read back for it. */
  isNewest(run: number): boolean {
    const { devices, runs } = this.#context;
    const device = runs.device[run]!;
    const epoch = runs.epoch[run]!;
    const isNewestHere = this.#matching(devices.int(device, SLOT.NEWEST), epoch) === run;
    return isNewestHere && runs.index[run]! > this.#closed.lastIndexOf(device, epoch);
  }

  /** As `newestOf`, of an epoch a run begins in otherwise: also one whose name was forgotten is read back then. */
  newestBefore(device: number, epoch: number, arrival: Arrival): number {
    const found = this.newestOf(device, epoch);
    if (found >= 0 || !this.#closed.hasForgotten(device) || !this.#mayBegin(device, arrival)) return found;
    return this.#closed.lookUp(device, epoch) ? this.newestOf(device, epoch) : -1;
  }

  /** @returns the next older numbered run of the same epoch, read back if need be; -1 when there is none */
  olderOf(run: number): number {
    const { runs } = this.#context;
    const epoch = runs.epoch[run]!;
    const found = this.#matching(runs.older[run]!, epoch);
    const index = found < 0 ? -1 : runs.index[found]!;
    // the runs of an epoch are counted: where one is left out it has left the memory
    const isNext = index === runs.index[run]! - 1;
    return !isNext && this.#closed.readBack(runs.device[run]!, epoch)
      ? this.#matching(runs.older[run]!, epoch)
      : found;
  }

  /** Whether the listeners were OK without a break since the device's last datagram (R2). */
  isUnbroken(device: number): boolean {
    return this.#context.devices.int(device, SLOT.BREAKS) === this.#context.breaks;
  }

  /**
   * Begin a run (step 7).
   * @returns its slot, not yet heard nor counted as received; -1 when the device has too many
   */
  begin(device: number, epoch: number, contact: FirstContact, arrival: Arrival): number {
    // before one of its epoch makes room, and may leave the memory
    const index = this.#nextIndex(device, epoch);
    if (!this.#makeRoom(device, arrival)) return -1;
    const beginsAtZero = this.#beganWhileListening(device, contact, arrival);
    const run = this.add(device, epoch, 0, index);
    const { runs } = this.#context;
    const lastAbsent = contact.isControl ? contact.number : contact.number - 1;
    runs.put(run, ROW.FIRST, beginsAtZero ? 0 : lastAbsent + 1);
    runs.put(run, ROW.HIGH_WATER, beginsAtZero ? -1 : lastAbsent);
    runs.put(run, ROW.FIRST_ARRIVAL, contact.arrivalUs);
    runs.put(run, ROW.LAST_ARRIVAL, contact.arrivalUs);
    runs.put(run, ROW.FIRST_SEND_TIME, contact.absoluteUs);
    runs.firstMs[run] = contact.nowMs;
    const current = this.#context.devices.int(device, SLOT.CURRENT);
    // its numbers were sent after those of the run before it
    if (beginsAtZero && current >= 0) runs.clearMs[run] = runs.clearMs[current]!;
    // of the first one that is its arrival
    mapRelative(runs, run, contact.relativeUs, contact.arrivalUs);
    const time = contact.absoluteUs || contact.arrivalUs;
    this.#ledger.raise(run, contact.number, lastAbsent, time, arrival);
    runs.put(run, ROW.HIGH_WATER_AT, contact.arrivalUs);
    this.#ledger.markHead(run, contact.startsAtZero);
    noteBelow(this.#context, run, this.#closed.greatestFirstOf(device, epoch));
    this.#forgetSteady(device);
    if (current < 0) this.#current.make(device, run);
    else runs.setFlag(run, ROW_FLAG.MAY_TAKE_OVER, true);
    return run;
  }

  /** Create a run and link it as the newest of its device; its numbering is the caller's. @param state - RUN_STATE bits */
  add(device: number, epoch: number, state: number, index = this.#nextIndex(device, epoch)): number {
    const { devices, runs, sink } = this.#context;
    const number = this.#context.runNumbers.take();
    const deviceNumber = devices.mark(device, MARK.DEVICE);
    const run = runs.add(number, deviceNumber, device, epoch, index);
    runs.state[run] = state;
    runs.older[run] = devices.int(device, SLOT.NEWEST);
    devices.setInt(device, SLOT.NEWEST, run);
    if (devices.int(device, SLOT.CONFIRMED) === 1) runs.setFlag(run, ROW_FLAG.CONFIRMED, true);
    runs.touch(run);
    sink.runCreated(number, deviceNumber, epoch < 0 ? null : epoch, index);
    return run;
  }

  /** A closed run is heard again: it takes the place of another. */
  reopen(run: number): void {
    const { runs, options } = this.#context;
    const device = runs.device[run]!;
    runs.setClosed(run, false);
    if (this.#closed.openCount(device) <= options.maxOpenRuns) return;
    const other = this.#closed.leastRecent(
      device,
      (run_) => run_ !== run && this.#closed.mayClose(device, run_),
    );
    if (other >= 0) this.#closed.close(other);
  }

  /** R2: nothing of this numbering can have been sent before we listened. */
  #beganWhileListening(device: number, contact: FirstContact, arrival: Arrival): boolean {
    const { devices, runs } = this.#context;
    const current = devices.int(device, SLOT.CURRENT);
    if (current < 0 || !contact.startsAtZero || !contact.isUnbroken) return false;
    return contact.number <= plausibleHead(runs, current, arrival.arrivalUs);
  }

  #makeRoom(device: number, arrival: Arrival): boolean {
    if (this.#context.runNumbers.isUsedUp || !this.#mayBegin(device, arrival)) return false;
    if (this.#hasPlace(device)) return true;
    this.#closed.close(this.#longestSilent(device, arrival));
    return true;
  }

  /** R6: few began in the last minute, and there is a place for one more, or a run that is silent enough to leave its own. */
  #mayBegin(device: number, arrival: Arrival): boolean {
    const { devices, runs, options } = this.#context;
    let recent = 0;
    // they are among the newest: where there are too many the others are not looked at
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!) {
      if (runs.has(run, RUN_STATE.UNSEQUENCED) || arrival.nowMs - runs.firstMs[run]! >= MINUTE_MS) continue;
      if (++recent >= options.maxNewRunsPerMinute) return false;
    }
    return this.#hasPlace(device) || this.#longestSilent(device, arrival) >= 0;
  }

  #hasPlace(device: number): boolean {
    return this.#closed.openCount(device) < this.#context.options.maxOpenRuns;
  }

  /** @returns -1 when none is silent enough */
  #longestSilent(device: number, { arrivalUs }: Arrival): number {
    const { runs } = this.#context;
    return this.#closed.leastRecent(
      device,
      (run) =>
        this.#closed.mayClose(device, run) &&
        elapsedUs(runs.at(run, ROW.LAST_ARRIVAL), arrivalUs) >= SILENT_US,
    );
  }

  #nextIndex(device: number, epoch: number): number {
    const { devices, runs } = this.#context;
    let next = this.#closed.lastIndexOf(device, epoch) + 1;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if (runs.epoch[run] === epoch) next = Math.max(next, runs.index[run]! + 1);
    return next;
  }

  #matching(from: number, epoch: number): number {
    const { runs } = this.#context;
    let run = from;
    while (run >= 0 && (runs.epoch[run] !== epoch || runs.has(run, RUN_STATE.UNSEQUENCED)))
      run = runs.older[run]!;
    return run;
  }

  #forgetSteady(device: number): void {
    const { devices, runs } = this.#context;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      runs.steady[run] = STEADY.NO;
  }
}
