import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { RunTable } from "../run/run-table.ts";
import { widen } from "../widen.ts";
import * as gapFields from "./gap-fields.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { GAP } = gapFields;

/** Receives one open gap: run number, inclusive range, when it opened, times of its neighbours (microseconds, 0 = unknown), how often it was asked for. */
export type WriteWindow = (
  run: number,
  first: number,
  last: number,
  openedAt: number,
  timeBefore: number,
  timeAfter: number,
  requests: number,
) => void;

/** Which runs' open gaps changed since they were written into a batch, and how much room writing them takes. */
export class OpenWindows {
  readonly #runs: RunTable;
  /** by run slot: 1 = changed */
  #isChanged = new Uint8Array(0);
  /** changed runs in order; those forgotten meanwhile are still in it, no longer marked */
  #changed: number[] = [];
  /** operations `drain` would write: one for each changed run, one for each of its open gaps */
  ops = 0;
  /** open gaps of all runs */
  openCount = 0;

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  /** The run's open gaps changed and are `delta` more (the list says so already). */
  changed(run: number, delta: number): void {
    this.openCount += delta;
    if (run >= this.#isChanged.length)
      this.#isChanged = widen(this.#isChanged, new Uint8Array(this.#runs.capacity));
    if (this.#isChanged[run] === 1) {
      this.ops += delta;
      return;
    }
    this.#isChanged[run] = 1;
    this.#changed.push(run);
    this.ops += 1 + this.#open(run);
  }

  /** The run leaves the memory, with its list as it is. */
  forget(run: number): void {
    this.openCount -= this.#open(run);
    if (this.#isChanged[run] !== 1) return;
    this.#isChanged[run] = 0;
    this.ops -= 1 + this.#open(run);
  }

  /** @see Tracker.drainWindows */
  drain(write: WriteWindow, beginRun: (run: number) => void, maxOps: number): void {
    let room = maxOps;
    let done = 0;
    for (const run of this.#changed) {
      const ops = 1 + this.#open(run);
      if (this.#isChanged[run] === 1 && ops > room) break;
      done++;
      if (this.#isChanged[run] !== 1) continue;
      this.#isChanged[run] = 0;
      this.ops -= ops;
      room -= ops;
      beginRun(this.#runs.at(run, ROW.RUN));
      this.#write(run, write);
    }
    this.#changed = done === this.#changed.length ? [] : this.#changed.slice(done);
  }

  #open(run: number): number {
    return this.#runs.gaps[run]?.openCount ?? 0;
  }

  #write(run: number, write: WriteWindow): void {
    const gaps = this.#runs.gaps[run];
    if (gaps === null || gaps === undefined) return;
    const number = this.#runs.at(run, ROW.RUN);
    for (let index = gaps.lowestOpen(); index < gaps.count; index++) {
      if (!gaps.isOpen(index)) continue;
      write(
        number,
        gaps.get(index, GAP.FIRST),
        gaps.get(index, GAP.LAST),
        gaps.get(index, GAP.OPENED_AT),
        gaps.get(index, GAP.TIME_BEFORE),
        gaps.get(index, GAP.TIME_AFTER),
        gaps.get(index, GAP.REQUESTS),
      );
    }
  }
}
