import type { RunSnapshot } from "../../protocol/batch.ts";
import { CAUSE, CAUSES, type Cause, lostOf, ROW } from "../../protocol/ledger-row.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { type OpenGap, openGapsOf } from "../gaps/open-gaps.ts";

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

const LOST_COLUMNS = "gaps.first, last, cause, opened_at, time_before, time_after, requests";

type LostOf = (run: number) => readonly LostRow[];

const lostOfOne = (db: Sqlite): LostOf => {
  const lost = db.prepare(`SELECT ${LOST_COLUMNS} FROM gaps WHERE run_no = ? AND state = 'lost'`).raw();
  return (run) => lost.all(run) as LostRow[];
};

/** Of all runs of a device at once, which may be thousands: to ask for each takes ten times as long. @param epoch - those of one, null = of none; undefined = of all */
export const lostOfDevice = (db: Sqlite, device: number, epoch?: number | null): LostOf => {
  const ofEpoch = epoch === undefined ? "" : " AND epoch IS ?";
  const rows = db
    .prepare(
      `SELECT run_no, ${LOST_COLUMNS} FROM epochs JOIN gaps USING (run_no) WHERE device_no = ?${ofEpoch} AND state = 'lost'`,
    )
    .raw()
    .iterate(...[device, epoch].filter((value) => value !== undefined));
  const byRun = new Map<number, LostRow[]>();
  for (const [run, ...row] of rows as IterableIterator<[number, ...LostRow]>) {
    const known = byRun.get(run);
    if (known === undefined) byRun.set(run, [row]);
    else known.push(row);
  }
  return (run) => byRun.get(run) ?? [];
};

/** The absent ranges of one run after the other, as the database has them. */
export class AbsentRanges {
  readonly #floors: Statement;
  readonly #lostOf: LostOf;
  readonly #openOf: (run: number) => OpenGap[];

  /** @param lostOf - default: each run is asked for by itself */
  constructor(db: Sqlite, lostOf = lostOfOne(db)) {
    // nearly always there is none: to sort nothing, or to make a row that says so, takes longer than to look
    this.#floors = db.prepare("SELECT last + 1 FROM folded_gaps WHERE run_no = ? AND state = 'lost'").pluck();
    this.#lostOf = lostOf;
    this.#openOf = openGapsOf(db);
  }

  /**
   * Lost and open ranges, ascending, of the lost ones those at or above the run's floor. What was folded into counts can no longer be told apart:
   * the floor is raised above it. An open one below it is lost as soon as somebody closes it; left out it would be missing for ever.
   * @param row - the run's ledger row
   * @throws SegmentCorruptError
   */
  take(row: Float64Array): Absent[] {
    const isLost = lostOf(row, 0) > 0;
    const isMissing = row[ROW.MISSING]! > 0;
    if (!isLost && !isMissing) return [];
    const run = row[ROW.RUN]!;
    const floor = Math.max(row[ROW.FLOOR]!, ...(this.#floors.all(run) as number[]));
    row[ROW.FLOOR] = floor;
    const ranges = isLost ? this.#lostOf(run).map(lostRange) : [];
    if (isMissing) ranges.push(...this.#openOf(run).map(openRange));
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
