import { type Batch, OP, OP_CODE, OP_FIELDS } from "../protocol/batch.ts";
import { CAUSE, CAUSES } from "../protocol/ledger-row.ts";
import { GapFiller } from "./gap-filler.ts";
import type { Sqlite, Statement } from "./open.ts";
import { UndoableSet } from "./undoable-set.ts";

/** Gap rows and remembered windows; all of it inside the flush's transaction. */
export class GapStore {
  readonly #insertLost: Statement;
  readonly #insertWindow: Statement;
  readonly #deleteWindows: Statement;
  readonly #forget: Statement[];
  readonly #filler: GapFiller;
  /** runs that have rows in `window_gaps`, those with rows in any of the gap tables */
  readonly #windowRuns: UndoableSet;
  readonly #gapRuns: UndoableSet;

  constructor(db: Sqlite) {
    this.#insertLost = db.prepare(
      `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests, time_before, time_after, was_lost)
       VALUES (?, ?, ?, 'lost', ?, ?, ?, NULL, ?, ?, ?, 1)`,
    );
    this.#insertWindow = db.prepare("INSERT INTO window_gaps VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#deleteWindows = db.prepare("DELETE FROM window_gaps WHERE run_no = ?");
    this.#forget = ["gaps", "window_gaps", "folded_gaps"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE run_no = ?`),
    );
    this.#filler = new GapFiller(db);
    const runs = (table: string): number[] =>
      db.prepare(`SELECT DISTINCT run_no FROM ${table}`).pluck().all() as number[];
    const windowRuns = runs("window_gaps");
    this.#windowRuns = new UndoableSet(windowRuns);
    this.#gapRuns = new UndoableSet([...windowRuns, ...runs("gaps"), ...runs("folded_gaps")]);
  }

  /** The transaction was committed. */
  settle(): void {
    this.#windowRuns.settle();
    this.#gapRuns.settle();
  }

  /** The transaction was rolled back. */
  undo(): void {
    this.#windowRuns.undo();
    this.#gapRuns.undo();
  }

  /** Apply a flush's operations in order; those of `skippedRuns` (forgotten in the same flush) are left out. */
  apply(batches: readonly Batch[], skippedRuns: ReadonlySet<number>): void {
    const windows = new Map<number, Float64Array[]>();
    for (const { ops, opCount } of batches) {
      for (let at = 0; at < opCount * OP_FIELDS; at += OP_FIELDS) {
        const op = ops.subarray(at, at + OP_FIELDS);
        const run = op[OP.RUN]!;
        if (skippedRuns.has(run)) continue;
        if (op[OP.CODE] === OP_CODE.WINDOWS) windows.set(run, []);
        else if (op[OP.CODE] === OP_CODE.OPEN) windows.get(run)?.push(op);
        else this.#applyNow(op, run);
      }
    }
    for (const [run, open] of windows) this.#remember(run, open);
  }

  /** Every row of the runs goes. */
  forget(runs: Iterable<number>): void {
    for (const run of runs) {
      if (!this.#gapRuns.delete(run)) continue;
      this.#windowRuns.delete(run);
      for (const statement of this.#forget) statement.run(run);
    }
  }

  #applyNow(op: Float64Array, run: number): void {
    const [first, last] = [op[OP.FIRST]!, op[OP.LAST]!];
    const times = [op[OP.TIME_BEFORE]!, op[OP.TIME_AFTER]!] as const;
    if (op[OP.CODE] === OP_CODE.FILL_LOST) {
      this.#filler.fillLost(run, first, last, op[OP.AT]!, ...times);
      return;
    }
    this.#gapRuns.add(run);
    const cause = CAUSES[op[OP.CAUSE]!] ?? CAUSES[CAUSE.UNDETERMINED]!;
    const history = [cause, op[OP.OPENED_AT]!, op[OP.AT]!, op[OP.REQUESTS]!] as const;
    if (op[OP.CODE] === OP_CODE.LOST) this.#insertLost.run(run, first, last, ...history, ...times);
    else this.#filler.fillOpen(run, first, last, ...history, ...times);
  }

  #remember(run: number, open: readonly Float64Array[]): void {
    if (this.#windowRuns.delete(run)) this.#deleteWindows.run(run);
    for (const op of open) {
      this.#insertWindow.run(
        run,
        op[OP.FIRST]!,
        op[OP.LAST]!,
        op[OP.OPENED_AT]!,
        op[OP.TIME_BEFORE]!,
        op[OP.TIME_AFTER]!,
        op[OP.REQUESTS]!,
      );
    }
    if (open.length === 0) return;
    this.#windowRuns.add(run);
    this.#gapRuns.add(run);
  }
}
