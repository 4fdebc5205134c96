import * as logHistogram from "../../../common/log-histogram.ts";
import { bucketOf } from "../../../common/log-histogram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as gapFields from "../gap/gap-fields.ts";
import type { RunTable } from "../run/run-table.ts";
import { ReorderRecord } from "./reorder-record.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { HISTOGRAM_BUCKETS } = logHistogram;
const { ROW } = ledgerRow;
const { OPENED_BY } = gapFields;

/** How far out of order numbers come: of each run, and of all together how long after their gap was opened. */
export class Reordering {
  /** arrivals out of order by delay in microseconds, see common/log-histogram.ts; what one of our NACKs had named, or was about to, is in none */
  readonly delays: number[] = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  readonly #runs: RunTable;
  /** by slot of the run, made with the first arrival out of order */
  readonly #records: (ReorderRecord | null)[] = [];

  constructor(runs: RunTable) {
    this.#runs = runs;
  }

  /** Of the next number the run receives. */
  ordinalOf(run: number): number {
    const runs = this.#runs;
    return runs.at(run, ROW.IN_ORDER) + runs.at(run, ROW.REORDERED) + runs.at(run, ROW.LATE);
  }

  /**
   * An absent number came that nobody had asked for; not counted yet.
   * @param opener - ordinal of the arrival that opened its gap, or OPENED_BY.*
   * @param delayUs - since then
   */
  came(run: number, number: number, opener: number, delayUs: number): void {
    if (opener === OPENED_BY.NOBODY) return;
    this.delays[bucketOf(delayUs)]!++;
    if (opener === OPENED_BY.CONTROL) return;
    let record = this.#records[run];
    if (record == null) {
      record = new ReorderRecord();
      this.#records[run] = record;
    }
    record.add(number, this.ordinalOf(run), opener, delayUs);
  }

  /** Opener of what is below the first number of a run. */
  openerBelow(run: number): number {
    return this.ordinalOf(run) === 0 ? OPENED_BY.CONTROL : 0;
  }

  of(run: number): ReorderRecord | null {
    return this.#records[run] ?? null;
  }

  forget(run: number): void {
    if (this.#records[run] != null) this.#records[run] = null;
  }
}
