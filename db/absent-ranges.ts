import type { RunSnapshot } from "../protocol/batch.ts";
import { CAUSE, CAUSES, type Cause, lostOf, ROW } from "../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "./open.ts";

export type Absent = RunSnapshot["absent"][number];

type RangeRow = [number, number, "open" | "lost", Cause | null, number, number, number, number];

/** The absent ranges of one run after the other, as the database has them. */
export class AbsentRanges {
  readonly #floor: Statement;
  readonly #ranges: Statement;

  constructor(db: Sqlite) {
    this.#floor = db
      .prepare("SELECT max(last) + 1 FROM folded_gaps WHERE run_no = ? AND state = 'lost'")
      .pluck();
    this.#ranges = db
      .prepare(
        `SELECT first, last, state, cause, opened_at, time_before, time_after, requests FROM gaps WHERE run_no = @run AND state = 'lost'
         UNION ALL
         SELECT first, last, 'open', NULL, opened_at, time_before, time_after, requests FROM window_gaps WHERE run_no = @run
         ORDER BY first`,
      )
      .raw();
  }

  /**
   * Lost and open ranges at or above the run's floor, ascending. What was folded into counts can no longer be told apart: the floor is
   * raised above it.
   * @param row - the run's ledger row
   */
  take(row: Float64Array): Absent[] {
    if (row[ROW.MISSING]! + lostOf(row, 0) === 0) return [];
    const run = row[ROW.RUN]!;
    const floor = Math.max(row[ROW.FLOOR]!, (this.#floor.get(run) as number | null) ?? 0);
    row[ROW.FLOOR] = floor;
    const ranges: Absent[] = [];
    for (const range of this.#ranges.iterate({ run }) as IterableIterator<RangeRow>) {
      const [first, last, state, cause, openedAt, timeBefore, timeAfter, requests] = range;
      if (last < floor) continue;
      const from = Math.max(first, floor);
      const times = { openedAt, timeBefore, timeAfter };
      ranges.push({ first: from, last, state, cause: causeCode(cause), ...times, requests });
    }
    return ranges;
  }
}

const causeCode = (cause: Cause | null): number =>
  cause === null ? CAUSE.UNDETERMINED : CAUSES.indexOf(cause);
