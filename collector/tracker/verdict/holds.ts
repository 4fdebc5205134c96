import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as reasons from "../../../protocol/reasons.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import { Deadlines } from "../gap/deadlines.ts";
import * as runState from "../run/run-state.ts";
import type { FirstContact } from "./first-contact.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { REJECT } = reasons;
const { MARK, SLOT } = deviceSlot;
const { RUN_STATE } = runState;

/** R3: the hold of a device that is slow by nature is at most so long */
const LONGEST_HOLD_MS = 3_600_000;

/** A datagram kept aside: what the ledger needs of it. Its readings stay with the caller. */
export interface Held {
  /** u32, -1 = null */
  epoch: number;
  /** how a run would begin with it */
  contact: FirstContact;
  /** held by R5: slot of the run that received the number already; -1 = held by R3 */
  owner: number;
  /** what it is rejected for unless it is confirmed; 0 = it is a duplicate of its owner's then */
  rejectCode: number;
  listener: number;
}

/** The one held datagram of each device (R3, R5), and when its time is over. */
export class Holds {
  readonly #context: TrackerContext;
  readonly #held = new Map<number, { held: Held; ownerNumber: number; deadlineMs: number }>();
  readonly #due = new Deadlines();

  constructor(context: TrackerContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#held.size;
  }

  has(device: number): boolean {
    return this.#held.has(device);
  }

  /** Keep a datagram; the one it replaces is dropped. */
  hold(device: number, held: Held): void {
    this.drop(device);
    const deadlineMs = held.contact.nowMs + this.#holdMs(device);
    const ownerNumber = held.owner < 0 ? -1 : this.#context.runs.at(held.owner, ROW.RUN);
    if (held.owner >= 0) this.#context.runs.set(held.owner, RUN_STATE.AWAITED, true);
    this.#held.set(device, { held, ownerNumber, deadlineMs });
    this.#due.schedule(device, deadlineMs);
  }

  /**
   * @param isReused - whether this number too was received already
   * @returns the held datagram that this one confirms, no longer held; undefined when there is none
   */
  takeConfirmed(
    device: number,
    { epoch, sequence, sequenceBits }: Datagram,
    isReused: boolean,
  ): Held | undefined {
    const entry = this.#held.get(device);
    const held = entry?.held;
    if (held === undefined || held.epoch !== epoch || isReused !== held.owner >= 0) return undefined;
    if ((held.contact.number + 1) % 2 ** sequenceBits !== sequence) return undefined;
    this.#held.delete(device);
    this.#letGo(held, entry!.ownerNumber);
    return held;
  }

  /** Give up the device's held datagram, if there is one: a duplicate, or rejected for what it was held for. */
  drop(device: number): void {
    const entry = this.#held.get(device);
    if (entry === undefined) return;
    this.#held.delete(device);
    const { runs } = this.#context;
    const { held, ownerNumber } = entry;
    if (this.#letGo(held, ownerNumber)) {
      runs.add1(held.owner, ROW.DUPLICATES);
      runs.touch(held.owner);
    }
    this.#report(device, held, held.owner >= 0, held.rejectCode);
  }

  /** Both halves of a confirmed pair are refused when there is no room for their run. */
  refuse(device: number, held: Held): void {
    this.#report(device, held, false, REJECT["too-many-epochs"]);
  }

  /** Drop what has been held long enough. @param most - look at so many at most @returns at how many it has looked */
  expire(nowMs: number, most: number): number {
    let looked = 0;
    while (looked < most) {
      const device = this.#due.take(nowMs);
      if (device < 0) break;
      looked++;
      const deadlineMs = this.#held.get(device)?.deadlineMs;
      if (deadlineMs === undefined) continue;
      if (deadlineMs > nowMs) this.#due.schedule(device, deadlineMs);
      else this.drop(device);
    }
    return looked;
  }

  dropAll(): void {
    for (const device of [...this.#held.keys()]) this.drop(device);
  }

  /** The run that has the number already need not stay for it any more. @returns whether there is one in memory */
  #letGo({ owner }: Held, ownerNumber: number): boolean {
    const { runs } = this.#context;
    if (owner < 0 || runs.at(owner, ROW.RUN) !== ownerNumber) return false;
    runs.set(owner, RUN_STATE.AWAITED, false);
    return true;
  }

  /** Tell the sink that a held datagram is not stored. */
  #report(device: number, held: Held, isDuplicate: boolean, rejectCode: number): void {
    const { devices, sink } = this.#context;
    sink.heldDropped(devices.mark(device, MARK.DEVICE), isDuplicate, rejectCode, held.listener);
  }

  #holdMs(device: number): number {
    const { devices, runs, options } = this.#context;
    const current = devices.int(device, SLOT.CURRENT);
    if (current < 0) return options.holdMs;
    const expected = runs.expected(current);
    if (expected === 0) return options.holdMs;
    const spanUs = runs.at(current, ROW.LAST_ARRIVAL) - runs.at(current, ROW.FIRST_ARRIVAL);
    const meanMs = Math.max(1_000_000, spanUs) / expected / 1000;
    return Math.max(options.holdMs, Math.min(LONGEST_HOLD_MS, 3 * meanMs));
  }
}
