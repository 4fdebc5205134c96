import type { LedgerCounts } from "../../protocol/ledger-counts.ts";
import { isCurrent, ROW } from "../../protocol/ledger-row.ts";
import { LedgerSums } from "./ledger-sums.ts";

/** What the runs of a device come to. */
export interface RunsTotal {
  /** how many they are */
  runs: number;
  counts: LedgerCounts;
  /** microseconds, 0 = unknown: of the earliest and of the latest datagram of all */
  firstArrivalUs: number;
  lastArrivalUs: number;
}

/** Sums over the runs of one device, kept up row by row: a device that restarts every minute has half a million runs in a year. */
export class RunTotals {
  readonly sums = new LedgerSums();
  #runs = 0;
  #firstArrivalUs = 0;
  #lastArrivalUs = 0;
  /** slots: the current run, and the one heard last, of several the one known first; -1 = none */
  #current = -1;
  #last = -1;
  /** their numbers */
  #currentRun = 0;
  #lastRun = 0;
  /** while rows are put one by one there may be two current ones */
  #currentRuns = 0;

  get total(): RunsTotal {
    const [firstArrivalUs, lastArrivalUs] = [this.#firstArrivalUs, this.#lastArrivalUs];
    return { runs: this.#runs, counts: this.sums.counts(), firstArrivalUs, lastArrivalUs };
  }

  /** Slot of the run it is heard on: the current one, else the one heard last. */
  get heard(): number {
    return this.#current < 0 ? this.#last : this.#current;
  }

  /** A run more, the last one that became known. @param row - RUN_FIELDS values */
  add(slot: number, row: Float64Array): void {
    this.#runs++;
    this.sums.addRow(row, 1);
    this.#hear(slot, row, 0);
    if (isCurrent(row[ROW.FLAGS]!)) this.#becomeCurrent(slot, row[ROW.RUN]!);
  }

  /**
   * A run's row becomes another one.
   * @param before - CHANGE_FIELDS values
   * @param after - the same from index `base` on
   * @returns false when only the rows of all runs can tell which of them was heard last, or is current: it was this one, and the wall clock was set back, or another is current too
   */
  replace(slot: number, before: Float64Array, after: Float64Array, base: number): boolean {
    this.sums.replaceRow(before, after, base);
    if (slot === this.#last && after[base + ROW.LAST_ARRIVAL]! < this.#lastArrivalUs) return false;
    this.#hear(slot, after, base);
    const isCurrentNow = isCurrent(after[base + ROW.FLAGS]!);
    if (isCurrent(before[ROW.FLAGS]!) === isCurrentNow) return true;
    if (isCurrentNow) {
      this.#becomeCurrent(slot, after[base + ROW.RUN]!);
      return true;
    }
    this.#currentRuns--;
    if (slot !== this.#current) return true;
    this.#current = -1;
    return this.#currentRuns === 0;
  }

  #becomeCurrent(slot: number, run: number): void {
    this.#currentRuns++;
    if (this.#current >= 0 && run > this.#currentRun) return;
    this.#current = slot;
    this.#currentRun = run;
  }

  #hear(slot: number, rows: Float64Array, base: number): void {
    const firstUs = rows[base + ROW.FIRST_ARRIVAL]!;
    const lastUs = rows[base + ROW.LAST_ARRIVAL]!;
    if (firstUs > 0 && (this.#firstArrivalUs === 0 || firstUs < this.#firstArrivalUs))
      this.#firstArrivalUs = firstUs;
    const run = rows[base + ROW.RUN]!;
    const isLater = lastUs > this.#lastArrivalUs || (lastUs === this.#lastArrivalUs && run < this.#lastRun);
    if (this.#last >= 0 && !isLater) return;
    this.#last = slot;
    this.#lastRun = run;
    this.#lastArrivalUs = lastUs;
  }
}
