import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as sequenceModule from "../../../protocol/sequence.ts";
import { extendSequence, halfCircle, quarterCircle } from "../../../protocol/sequence.ts";
import type { RunTable } from "../run/run-table.ts";
import type { Arrival } from "../types.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { MAX_SEQUENCE_BITS } = sequenceModule;

/** What a run makes of a number (docs/ledger.md, step 4). */
export const BELIEF = {
  /** not believed */
  NONE: 0,
  /** above the high water, plausibly */
  ABOVE: 1,
  /** in range and not here yet */
  ABSENT: 2,
  /** in range and here already */
  RECEIVED: 3,
  BELOW_FLOOR: 4,
  /** below the number of first contact, soon enough (R2) */
  BELOW_FIRST: 5,
  /** nothing can be said of narrow numbers after such a silence: the run is over (R7) */
  RUN_OVER: 6,
} as const;

/** R3: what a run may always jump */
const LEAST_JUMP = 2 ** 20;
/** R7, RFC 3550 A.1: how far back a number without an epoch is believed */
const MAX_BACK = 100;
/** R2: below this the head of a new epoch is believed to be lost, not unheard, at any rate */
const LEAST_HEAD = 1024;

/** How many numbers the run's sender uses in the time since the run was last heard, by its mean rate. */
const usedInSilence = (runs: RunTable, run: number, arrivalUs: number): number => {
  const lastUs = runs.at(run, ROW.LAST_ARRIVAL);
  const spanUs = Math.max(1_000_000, lastUs - runs.at(run, ROW.FIRST_ARRIVAL));
  return (runs.expected(run) / spanUs) * Math.max(0, arrivalUs - lastUs);
};

/** J: a number is believed up to the high water plus this (R3). */
export const plausibleJump = (runs: RunTable, run: number, arrivalUs: number, bits: number): number => {
  const jump = Math.max(LEAST_JUMP, Math.floor(4 * usedInSilence(runs, run, arrivalUs)));
  return runs.epoch[run]! < 0 ? Math.min(jump, halfCircle(bits)) : jump;
};

/** R2: the greatest first number of an epoch that may have begun at 0 after the run was heard last. */
export const plausibleHead = (runs: RunTable, run: number, arrivalUs: number): number =>
  Math.max(LEAST_HEAD, Math.floor(4 * usedInSilence(runs, run, arrivalUs)));

/** Decides what a run makes of a number. It changes nothing. */
export class Believer {
  /** the number as the run counts it, after `judge` */
  number = 0;
  readonly #runs: RunTable;
  readonly #windowMs: number;

  constructor(runs: RunTable, windowMs: number) {
    this.#runs = runs;
    this.#windowMs = windowMs;
  }

  /** @returns BELIEF.* for the DATA datagram's number */
  judge(run: number, datagram: Datagram, arrival: Arrival): number {
    if (!this.extend(run, datagram.sequence, datagram.sequenceBits, arrival)) return BELIEF.RUN_OVER;
    const number = this.number;
    const highWater = this.#runs.at(run, ROW.HIGH_WATER);
    if (number > highWater)
      return this.#isNear(run, number - highWater, datagram, arrival) ? BELIEF.ABOVE : BELIEF.NONE;
    if (number < 0 || this.#isTooOld(run, highWater - number, datagram.sequenceBits)) return BELIEF.NONE;
    const first = this.#runs.at(run, ROW.FIRST);
    if (number >= first) return this.#inRange(run, number);
    const isSoon = arrival.nowMs - this.#runs.firstMs[run]! <= this.#windowMs;
    const mayFall =
      isSoon && this.#runs.at(run, ROW.FLOOR) === 0 && this.#isNear(run, first - number, datagram, arrival);
    return mayFall ? BELIEF.BELOW_FIRST : BELIEF.NONE;
  }

  /** R3. Asked last: an old number is asked of all newer runs of its epoch, of which this would read most of the row. */
  #isNear(run: number, distance: number, { sequenceBits }: Datagram, { arrivalUs }: Arrival): boolean {
    return distance <= plausibleJump(this.#runs, run, arrivalUs, sequenceBits);
  }

  /**
   * Set `number` to a wire number as the run counts it: narrow ones are extended to the nearest to its high water (R7).
   * @returns false when the silence was too long for that
   */
  extend(run: number, sequence: number, bits: number, arrival: Arrival): boolean {
    this.number = sequence;
    if (bits >= MAX_SEQUENCE_BITS) return true;
    if (usedInSilence(this.#runs, run, arrival.arrivalUs) >= halfCircle(bits)) return false;
    this.number = extendSequence(sequence, Math.max(0, this.#runs.at(run, ROW.HIGH_WATER)), bits);
    return true;
  }

  #isTooOld(run: number, back: number, bits: number): boolean {
    return this.#runs.epoch[run]! < 0 && back > Math.min(MAX_BACK, quarterCircle(bits));
  }

  #inRange(run: number, number: number): number {
    if (number < this.#runs.at(run, ROW.FLOOR)) return BELIEF.BELOW_FLOOR;
    const gaps = this.#runs.gaps[run];
    return gaps != null && gaps.find(number) >= 0 ? BELIEF.ABSENT : BELIEF.RECEIVED;
  }
}
