import type { RunSnapshot } from "../protocol/batch.ts";
import { CAUSE, CAUSES, type Cause, lostOf, ROW } from "../protocol/ledger-row.ts";
import { SegmentCorruptError } from "./codec/corrupt.ts";
import type { Sqlite, Statement } from "./open.ts";
import { type OpenGap, openGapsOf } from "./open-gaps.ts";

export type Absent = RunSnapshot["absent"][number];

type LostRow = [
  first: number,
  last: number,
  cause: Cause,
  openedAt: number,
  timeBefore: number,
  timeAfter: number,
  requests: number,
];

/** The absent ranges of one run after the other, as the database has them. */
export class AbsentRanges {
  readonly #floor: Statement;
  readonly #lost: Statement;
  readonly #openOf: (run: number) => OpenGap[];

  constructor(db: Sqlite) {
    this.#floor = db
      .prepare("SELECT max(last) + 1 FROM folded_gaps WHERE run_no = ? AND state = 'lost'")
      .pluck();
    this.#lost = db
      .prepare(
        "SELECT first, last, cause, opened_at, time_before, time_after, requests FROM gaps WHERE run_no = ? AND state = 'lost' ORDER BY first",
      )
      .raw();
    this.#openOf = openGapsOf(db);
  }

  /**
   * Lost and open ranges, ascending, of the lost ones those at or above the run's floor. What was folded into counts can no longer be told apart:
   * the floor is raised above it. An open one below it is lost as soon as somebody closes it; left out it would be missing for ever.
   * @param row - the run's ledger row
   * @throws SegmentCorruptError
   */
  take(row: Float64Array): Absent[] {
    if (row[ROW.MISSING]! + lostOf(row, 0) === 0) return [];
    const run = row[ROW.RUN]!;
    const floor = Math.max(row[ROW.FLOOR]!, (this.#floor.get(run) as number | null) ?? 0);
    row[ROW.FLOOR] = floor;
    const ranges = (this.#lost.all(run) as LostRow[]).map(lostRange);
    ranges.push(...this.#openOf(run).map(openRange));
    ranges.sort((a, b) => a.first - b.first);
    checkRanges(run, ranges);
    return ranges
      .filter(({ state, last }) => state === "open" || last >= floor)
      .map((range) => (range.state === "lost" && range.first < floor ? { ...range, first: floor } : range));
  }
}

/** Whoever looks for a number among them would look for ever, and count it by a cause that is none. */
const checkRanges = (run: number, ranges: readonly Absent[]): void => {
  let next = 0;
  for (const { first, last, cause } of ranges) {
    const areNumbers = Number.isSafeInteger(first) && Number.isSafeInteger(last);
    if (!(areNumbers && first >= next && last >= first && cause >= 0))
      throw new SegmentCorruptError(`gaps of run_no ${run}: not as they were written, at number ${first}`);
    next = last + 1;
  }
};

const lostRange = ([first, last, cause, openedAt, timeBefore, timeAfter, requests]: LostRow): Absent => ({
  first,
  last,
  state: "lost",
  cause: CAUSES.indexOf(cause),
  openedAt,
  timeBefore,
  timeAfter,
  requests,
});

const openRange = (gap: OpenGap): Absent => ({ ...gap, state: "open", cause: CAUSE.UNDETERMINED });
