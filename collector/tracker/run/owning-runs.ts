import * as constants from "../../../protocol/constants.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { isSentLater } from "../arrival/send-time.ts";
import * as runState from "./run-state.ts";
import type { RunTable } from "./run-table.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { KIND } = constants;
const { ROW } = ledgerRow;
const { RUN_STATE } = runState;

/**
 * Step 3: which runs of its epoch may own a datagram, newest first; the others are passed over for the sake of an older one. An epoch may have
 * thousands of runs, and each would be compared with all older ones. But of one datagram they all ask for the same extremes of these: so runs are
 * decided oldest first, and what the older ones come to is carried along.
 */
export class OwningRuns {
  readonly #runs: RunTable;
  readonly #olderOf: (run: number) => number;
  readonly #windowUs: number;

  // the datagram
  #isData = false;
  /** the greatest number that it says was used */
  #number = 0;
  #absoluteUs = 0;
  #relativeUs = 0;

  // a stretch of runs that are decided, newest first
  readonly #slots: number[] = [];
  readonly #passedOver: boolean[] = [];
  #count = 0;
  #at = 0;
  #most = 1;
  /** it ends with the oldest run */
  #isToEnd = false;

  // what the older runs come to
  /** the greatest `first` of those whose number it is */
  #greatestFirst = 0;
  /** one that begins with the number takes it: in any case, if the device goes on above */
  #isTaken = false;
  #isTakenAbove = false;
  /** when the high water of one that begins with the number or above rose last */
  #roseAtUs = 0;
  /** the least `first` of those that were still sending when the datagram was sent */
  #leastSending = 0;

  /** @param olderOf - the next older run of the epoch, -1 = none; reads back what is not in memory */
  constructor(runs: RunTable, olderOf: (run: number) => number, windowMs: number) {
    this.#runs = runs;
    this.#olderOf = olderOf;
    this.#windowUs = windowMs * 1000;
  }

  /**
   * @param newest - run of the datagram's epoch, -1 = none
   * @param absoluteUs - when it was sent, 0 = unknown @param relativeUs - the same from the start of its epoch
   * @returns the newest run that may own it, -1 = none
   */
  newest(newest: number, datagram: Datagram, absoluteUs: number, relativeUs: number): number {
    this.#isData = datagram.kind === KIND.DATA;
    this.#number = this.#isData ? datagram.sequence : datagram.sequence - 1;
    this.#absoluteUs = absoluteUs;
    this.#relativeUs = relativeUs;
    this.#count = 0;
    this.#at = 0;
    this.#most = 1;
    this.#isToEnd = false;
    return this.#notPassedOver(newest);
  }

  /** @param run - returned last, and it did not take the datagram @returns the next older run that may own it, -1 = none */
  older(run: number): number {
    return this.#notPassedOver(this.#olderOf(run));
  }

  #notPassedOver(from: number): number {
    let run = from;
    while (run >= 0 && this.#isPassedOver(run)) run = this.#olderOf(run);
    return run;
  }

  #isPassedOver(run: number): boolean {
    // nearly none is
    if (!this.#mayBeOfRunAbove(run) && !this.#beganLater(run)) return false;
    while (this.#at < this.#count && this.#slots[this.#at] !== run) this.#at++;
    while (this.#at === this.#count || !(this.#passedOver[this.#at]! || this.#isToEnd)) this.#decide(run);
    return this.#passedOver[this.#at]!;
  }

  /** Mostly one of the next few tells, so that not all need be read back: a stretch is twice as long as the one before. */
  #decide(run: number): void {
    this.#most *= 2;
    this.#count = 0;
    this.#at = 0;
    for (let older = run; older >= 0; older = this.#count < this.#most ? this.#olderOf(older) : -1)
      this.#slots[this.#count++] = older;
    this.#isToEnd = this.#count < this.#most;
    this.#greatestFirst = Number.NEGATIVE_INFINITY;
    this.#isTaken = false;
    this.#isTakenAbove = false;
    this.#roseAtUs = Number.NEGATIVE_INFINITY;
    this.#leastSending = Number.POSITIVE_INFINITY;
    for (let at = this.#count - 1; at >= 0; at--) {
      const slot = this.#slots[at]!;
      this.#passedOver[at] = this.#isOfRunAbove(slot) || this.#isOlderNews(slot);
      this.#note(slot);
    }
    if (this.#isToEnd) this.#noteAbove(run);
  }

  /** So that the next numbers of a run that goes on below others need not be compared with these again: those that leave the memory come back as they were. */
  #noteAbove(run: number): void {
    const runs = this.#runs;
    if (!runs.has(run, RUN_STATE.BELOW)) return;
    const top = runs.at(run, ROW.HIGH_WATER);
    let least = Number.POSITIVE_INFINITY;
    for (let at = 1; at < this.#count; at++) {
      const first = runs.at(this.#slots[at]!, ROW.FIRST);
      if (first > top) least = Math.min(least, first);
    }
    runs.aboveFrom[run] = least;
  }

  #mayBeOfRunAbove(run: number): boolean {
    const runs = this.#runs;
    return (
      runs.has(run, RUN_STATE.BELOW) &&
      this.#number >= runs.aboveFrom[run]! &&
      this.#number > runs.at(run, ROW.HIGH_WATER) &&
      runs.at(run, ROW.HIGH_WATER) >= runs.at(run, ROW.FIRST)
    );
  }

  /**
   * The run lies below an older one, of which the number is, as what a device goes on with is while it also sends what it had kept from before it
   * was first heard. Not so when this run just reaches the other, which has ended, or when a number is used again: then the device has begun anew.
   */
  #isOfRunAbove(run: number): boolean {
    if (!this.#mayBeOfRunAbove(run)) return false;
    const runs = this.#runs;
    const top = runs.at(run, ROW.HIGH_WATER);
    if (this.#number > top + 1) return this.#greatestFirst > top;
    // it is used since the run was heard, later than numbers are swapped on their way: the device did not begin anew
    const goesOn = this.#roseAtUs - runs.at(run, ROW.FIRST_ARRIVAL) > this.#windowUs;
    return this.#isTaken || (this.#isTakenAbove && goesOn);
  }

  /**
   * The datagram was sent before this run began, and an older one was still sending then. What a device had kept may be sent in any order, and again
   * when it is asked for: that does not make it another's that the run lies below.
   */
  #isOlderNews(run: number): boolean {
    const runs = this.#runs;
    if (!this.#beganLater(run)) return false;
    const top = runs.at(run, ROW.HIGH_WATER);
    const isOwn = this.#isData && this.#number <= top && top >= runs.at(run, ROW.FIRST);
    return this.#leastSending <= (runs.has(run, RUN_STATE.BELOW) && isOwn ? top : Number.MAX_SAFE_INTEGER);
  }

  #beganLater(run: number): boolean {
    return this.#absoluteUs !== 0 && this.#runs.at(run, ROW.FIRST_SEND_TIME) > this.#absoluteUs;
  }

  /** What the run is to newer ones. */
  #note(run: number): void {
    const runs = this.#runs;
    const first = runs.at(run, ROW.FIRST);
    if (this.#number >= first) this.#noteNumber(run, first);
    if (first >= this.#number) this.#roseAtUs = Math.max(this.#roseAtUs, runs.at(run, ROW.HIGH_WATER_AT));
    const wasSending =
      runs.at(run, ROW.CLOCK_BASE) === 0 && runs.at(run, ROW.MAX_SEND_TIME) >= this.#absoluteUs;
    if (wasSending) this.#leastSending = Math.min(this.#leastSending, first);
  }

  #noteNumber(run: number, first: number): void {
    const runs = this.#runs;
    const top = runs.at(run, ROW.HIGH_WATER);
    const isKnown = this.#number <= top;
    const isLater = isSentLater(runs, run, this.#absoluteUs, this.#relativeUs);
    const isAnew = this.#isData && isKnown && isLater && this.#isHere(run);
    if (!isAnew) this.#greatestFirst = Math.max(this.#greatestFirst, first);
    if (!isKnown || first !== this.#number) return;
    // what that one goes on with, a copy of what it has, by its time, and what was the last there, by control
    const timeTells = this.#absoluteUs !== 0 && runs.at(run, ROW.MAX_SEND_TIME) !== 0;
    const isLast = !this.#isData && this.#number === top;
    this.#isTaken ||= isLast || (!isLater && timeTells);
    this.#isTakenAbove ||= !isLater;
  }

  /** R5 is of numbers that are here: one that is absent may be sent for the first time, later than what follows it. */
  #isHere(run: number): boolean {
    const runs = this.#runs;
    return this.#number >= runs.at(run, ROW.FLOOR) && (runs.gaps[run]?.find(this.#number) ?? -1) < 0;
  }
}
