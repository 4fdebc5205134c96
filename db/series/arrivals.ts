import { arrivalBin } from "../../protocol/arrival-bin.ts";
import type { Sqlite, Statement } from "../open.ts";
import type { QueryBudget } from "../query-budget.ts";
import { placeAbsent } from "./absent.ts";
import type { Buckets } from "./buckets.ts";
import { bucketAt } from "./grid.ts";

/** A row of numbers that came after their window; times of the first and of the last of them, microseconds, 0 = unknown. */
interface FilledRow {
  first: number;
  last: number;
  was_lost: 0 | 1;
  requests: number;
  opened_at: number;
  time_before: number;
  time_after: number;
}

/** Numbers of one run that are here and were recovered or came late. */
export class FilledNumbers {
  readonly #filled: Statement;
  readonly #budget: QueryBudget;

  constructor(db: Sqlite, budget: QueryBudget) {
    this.#budget = budget;
    this.#filled = db.prepare(
      "SELECT first, last, was_lost, requests, opened_at, time_before, time_after FROM gaps WHERE run_no = ? AND state = 'filled'",
    );
  }

  /**
   * Count them into the buckets they lie in: a row's first and last number by their own time, those between linearly between them.
   * @throws LacunaError `ERR_QUERY_TIMEOUT`
   */
  place(buckets: Buckets, run: number): void {
    for (const row of this.#filled.iterate(run) as IterableIterator<FilledRow>) {
      this.#budget.checkTime();
      const bin = arrivalBin(row.was_lost === 1, row.requests);
      if (bin !== "reordered") placeFilled(buckets, row, buckets[bin]);
    }
  }
}

const placeFilled = (buckets: Buckets, row: FilledRow, counts: Float64Array): void => {
  const { first, last, opened_at, time_before, time_after } = row;
  count(buckets, time_before || opened_at, counts);
  if (last > first) count(buckets, time_after || opened_at, counts);
  if (last - first > 1) placeAbsent(buckets.grid, { ...row, first: first + 1, last: last - 1 }, counts);
};

const count = ({ grid }: Buckets, timeUs: number, counts: Float64Array): void => {
  if (timeUs >= grid.fromUs && timeUs < grid.toUs) counts[bucketAt(grid, timeUs)]! += 1;
};
