import { placeBetween } from "./absent-times.ts";
import type { Sqlite, Statement } from "./open.ts";

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
}

/** Numbers declared lost that came in the end (R13): the filled part of a gap becomes a row of its own, the rest keeps its history. */
export class GapFiller {
  readonly #nearest: Statement;
  readonly #filledBeside: Statement;
  readonly #delete: Statement;
  readonly #insert: Statement;

  constructor(db: Sqlite) {
    this.#nearest = db.prepare(
      "SELECT * FROM gaps WHERE run_no = ? AND first <= ? ORDER BY first DESC LIMIT 1",
    );
    this.#filledBeside = db.prepare(
      `SELECT * FROM gaps WHERE run_no = ? AND state = 'filled' AND cause = ? AND opened_at = ? AND closed_at = ?
       AND (first = ? OR (first < ? AND last = ?))`,
    );
    this.#delete = db.prepare("DELETE FROM gaps WHERE run_no = ? AND first = ?");
    this.#insert = db.prepare(
      `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests, time_before, time_after)
       VALUES (@run_no, @first, @last, @state, @cause, @opened_at, @closed_at, @filled_at, @requests, @time_before, @time_after)`,
    );
  }

  /**
   * [first, last] arrived. Numbers without a lost row are passed over: their row was folded into counts long ago.
   * @param atUs - when the last of them arrived
   */
  fill(run: number, first: number, last: number, atUs: number): void {
    for (let next = last; next >= first; ) {
      const row = this.#rowWith(run, next, first);
      if (row === undefined) return;
      if (row.state === "lost") this.#split(row, Math.max(first, row.first), Math.min(next, row.last), atUs);
      next = row.first - 1;
    }
  }

  /** The last row that has a number in [first, last]. */
  #rowWith(run: number, last: number, first: number): GapTableRow | undefined {
    const row = this.#nearest.get(run, last) as GapTableRow | undefined;
    return row !== undefined && row.last >= first ? row : undefined;
  }

  #split(row: GapTableRow, first: number, last: number, atUs: number): void {
    this.#delete.run(row.run_no, row.first);
    if (row.first < first) this.#insert.run(partOf(row, row.first, first - 1));
    if (last < row.last) this.#insert.run(partOf(row, last + 1, row.last));
    let filled: GapTableRow = { ...partOf(row, first, last), state: "filled", filled_at: atUs };
    for (const beside of this.#partsBeside(filled)) {
      this.#delete.run(beside.run_no, beside.first);
      filled = joined(filled, beside);
    }
    this.#insert.run(filled);
  }

  /** Filled parts of the same origin that touch this one. */
  #partsBeside({ run_no, first, last, cause, opened_at, closed_at }: GapTableRow): GapTableRow[] {
    return this.#filledBeside.all(
      run_no,
      cause,
      opened_at,
      closed_at,
      last + 1,
      first,
      first - 1,
    ) as GapTableRow[];
  }
}

/** Part of a gap; its numbers stay where the whole gap placed them in time. */
const partOf = (row: GapTableRow, first: number, last: number): GapTableRow => ({
  ...row,
  first,
  last,
  time_before: first === row.first ? row.time_before : placeBetween(row, first - 1),
  time_after: last === row.last ? row.time_after : placeBetween(row, last + 1),
});

const joined = (a: GapTableRow, b: GapTableRow): GapTableRow => {
  const [lower, upper] = a.first < b.first ? [a, b] : [b, a];
  return {
    ...a,
    first: lower.first,
    last: upper.last,
    time_before: lower.time_before,
    time_after: upper.time_after,
    filled_at: Math.max(a.filled_at ?? 0, b.filled_at ?? 0),
  };
};
