import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { RowsPerStep } from "./rows-per-step.ts";

interface GapRow {
  run: number;
  first: number;
  last: number;
  state: string;
  cause: string;
}

/** The gap rows that retention removes: they become counts per cause, so that the ledger stays whole. */
export class OldGaps {
  readonly #any: Statement;
  readonly #oldest: Statement;
  readonly #fold: Statement;
  readonly #delete: Statement;
  readonly #step = new RowsPerStep();

  constructor(db: Sqlite) {
    this.#any = db.prepare("SELECT EXISTS (SELECT 1 FROM gaps WHERE closed_at < ?)").pluck();
    this.#oldest = db.prepare(
      "SELECT run_no AS run, first, last, state, cause FROM gaps WHERE closed_at < ? ORDER BY closed_at LIMIT ?",
    );
    this.#fold = db.prepare(
      `INSERT INTO folded_gaps (run_no, state, cause, gaps, numbers, last) VALUES (?, ?, ?, 1, ?, ?)
       ON CONFLICT DO UPDATE SET gaps = gaps + 1, numbers = numbers + excluded.numbers, last = max(last, excluded.last)`,
    );
    this.#delete = db.prepare("DELETE FROM gaps WHERE run_no = ? AND first = ?");
  }

  /** Whether any closed before that. */
  areThere(beforeUs: number): boolean {
    return this.#any.get(beforeUs) === 1;
  }

  /** One step of those that closed before that, inside the caller's transaction; there must be some. @throws SegmentCorruptError */
  fold(beforeUs: number): void {
    const rows = this.#oldest.all(beforeUs, this.#step.most) as GapRow[];
    // or every flush would look for it again
    if (rows.length === 0) throw new SegmentCorruptError("their index has one that is not there");
    this.#step.found(rows.length);
    for (const { run, first, last, state, cause } of rows) {
      this.#fold.run(run, state, cause, last - first + 1, last);
      this.#delete.run(run, first);
    }
  }
}
