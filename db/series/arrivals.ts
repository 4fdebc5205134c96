import { arrivalBin } from "../../protocol/arrival-bin.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { placeAbsent } from "../query/absent.ts";
import type { AbsentRange } from "../query/absent-times.ts";
import type { QueryBudget } from "../query/query-budget.ts";
import type { Buckets } from "./buckets.ts";
import { bucketAt } from "./grid.ts";

/** A row of numbers that came after their window: its times are those of the first and of the last of them. */
interface FilledRow extends AbsentRange {
  wasLost: 0 | 1;
  requests: number;
}

/** Numbers of one run that are here and were recovered or came late. */
export class FilledNumbers {
  readonly #filled: Statement;
  readonly #budget: QueryBudget;

  constructor(db: Sqlite, budget: QueryBudget) {
    this.#budget = budget;
    this.#filled = db.prepare(
      `SELECT first, last, was_lost AS wasLost, requests, opened_at AS openedAtUs, time_before AS timeBefore, time_after AS timeAfter
       FROM gaps WHERE run_no = ? AND state = 'filled'`,
    );
  }

  /**
   * Count them into the buckets they lie in: a row's first and last number by their own time, those between linearly between them.
   * @throws LacunaError `ERR_QUERY_TIMEOUT`
   */
  place(buckets: Buckets, run: number): void {
    for (const row of this.#filled.iterate(run) as IterableIterator<FilledRow>) {
      this.#budget.checkTime();
      const bin = arrivalBin(row.wasLost === 1, row.requests);
      if (bin !== "reordered") placeFilled(buckets, row, buckets[bin]);
    }
  }
}

const placeFilled = (buckets: Buckets, row: FilledRow, counts: Float64Array): void => {
  const { first, last, openedAtUs, timeBefore, timeAfter } = row;
  count(buckets, timeBefore || openedAtUs, counts);
  if (last > first) count(buckets, timeAfter || openedAtUs, counts);
  if (last - first > 1) placeAbsent(buckets.grid, { ...row, first: first + 1, last: last - 1 }, counts);
};

const count = ({ grid }: Buckets, timeUs: number, counts: Float64Array): void => {
  if (timeUs >= grid.fromUs && timeUs < grid.toUs) counts[bucketAt(grid, timeUs)]! += 1;
};
