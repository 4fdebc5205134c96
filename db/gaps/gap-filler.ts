import type { Sqlite, Statement } from "../file/open.ts";

export interface GapTableRow {
  run_no: number;
  first: number;
  last: number;
  state: "lost" | "filled";
  cause: string;
  opened_at: number;
  closed_at: number;
  filled_at: number | null;
  requests: number;
  time_before: number;
  time_after: number;
  was_lost: 0 | 1;
}

/**
 * Absent numbers that came in the end (R13): the filled part of a gap becomes a row of its own, the rest keeps its history. Filled parts
 * of one gap that touch and have the same history are one row. What one number costs does not depend on how many rows there are.
 */
export class GapFiller {
  readonly #nearest: Statement;
  readonly #lastBelow: Statement;
  readonly #at: Statement;
  readonly #delete: Statement;
  readonly #insert: Statement;

  constructor(db: Sqlite) {
    this.#nearest = db.prepare(
      "SELECT * FROM gaps WHERE run_no = ? AND first <= ? ORDER BY first DESC LIMIT 1",
    );
    this.#lastBelow = db
      .prepare("SELECT last FROM gaps WHERE run_no = ? AND first < ? ORDER BY first DESC LIMIT 1")
      .pluck();
    this.#at = db.prepare("SELECT * FROM gaps WHERE run_no = ? AND first = ?");
    this.#delete = db.prepare("DELETE FROM gaps WHERE run_no = ? AND first = ?");
    this.#insert = db.prepare(
      `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests, time_before, time_after, was_lost)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** A number of an open gap arrived, never declared lost. @param timeUs - its own */
  fillOpen(
    run: number,
    number: number,
    cause: string,
    openedAt: number,
    atUs: number,
    requests: number,
    timeUs: number,
  ): void {
    this.#insertFilled({
      run_no: run,
      first: number,
      last: number,
      state: "filled",
      cause,
      opened_at: openedAt,
      closed_at: atUs,
      filled_at: atUs,
      requests,
      time_before: timeUs,
      time_after: timeUs,
      was_lost: 0,
    });
  }

  /**
   * A lost number arrived. One without a lost row is passed over: its row was folded into counts long ago.
   * @param timeUs - its own, and that of the neighbour of what is left
   */
  fillLost(run: number, number: number, atUs: number, timeUs: number): void {
    const row = this.#nearest.get(run, number) as GapTableRow | undefined;
    if (row === undefined || row.last < number || row.state !== "lost") return;
    this.#delete.run(run, row.first);
    if (row.first < number) this.#put({ ...row, last: number - 1, time_after: timeUs });
    if (number < row.last) this.#put({ ...row, first: number + 1, time_before: timeUs });
    const times = { time_before: timeUs, time_after: timeUs };
    this.#insertFilled({ ...row, first: number, last: number, ...times, state: "filled", filled_at: atUs });
  }

  /** Parts beside it with the same history become one row with it. */
  #insertFilled(part: GapTableRow): void {
    let filled = part;
    for (const beside of [this.#below(part), this.#at.get(part.run_no, part.last + 1)]) {
      if (beside === undefined || !isContinued(beside as GapTableRow, part)) continue;
      this.#delete.run(part.run_no, (beside as GapTableRow).first);
      filled = joined(filled, beside as GapTableRow);
    }
    this.#put(filled);
  }

  /** The row that ends just below; it is made only when it does, which is seldom: that costs more than to look for it. */
  #below({ run_no, first }: GapTableRow): unknown {
    if (this.#lastBelow.get(run_no, first) !== first - 1) return undefined;
    return this.#nearest.get(run_no, first);
  }

  #put(row: GapTableRow): void {
    const { run_no, first, last, state, cause, opened_at, closed_at, filled_at } = row;
    const { requests, time_before, time_after, was_lost } = row;
    this.#insert.run(
      run_no,
      first,
      last,
      state,
      cause,
      opened_at,
      closed_at,
      filled_at,
      requests,
      time_before,
      time_after,
      was_lost,
    );
  }
}

/** Whether two filled parts that touch have the same history. */
const isContinued = (a: GapTableRow, b: GapTableRow): boolean =>
  a.state === b.state &&
  a.cause === b.cause &&
  a.opened_at === b.opened_at &&
  a.requests === b.requests &&
  a.was_lost === b.was_lost &&
  (a.was_lost === 0 || a.closed_at === b.closed_at);

const joined = (a: GapTableRow, b: GapTableRow): GapTableRow => {
  const [lower, upper] = a.first < b.first ? [a, b] : [b, a];
  return {
    ...a,
    first: lower.first,
    last: upper.last,
    time_before: lower.time_before,
    time_after: upper.time_after,
    closed_at: Math.max(a.closed_at, b.closed_at),
    filled_at: Math.max(a.filled_at ?? 0, b.filled_at ?? 0),
  };
};
