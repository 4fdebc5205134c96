import { BATCH_OPS, type Batch, OP, OP_CODE, OP_FIELDS } from "../protocol/batch.ts";
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
    /** where each run's last WINDOWS lies: index of the batch * BATCH_OPS + index of the operation */
    const windowsAt = new Map<number, number>();
    for (const [index, { ops, opCount }] of batches.entries()) {
      for (let op = 0; op < opCount; op++) {
        const at = op * OP_FIELDS;
        const run = ops[at + OP.RUN]!;
        if (ops[at] === OP_CODE.OPEN || skippedRuns.has(run)) continue;
        if (ops[at] === OP_CODE.WINDOWS) windowsAt.set(run, index * BATCH_OPS + op);
        else this.#applyNow(ops, at, run);
      }
    }
    for (const [run, at] of windowsAt) {
      this.#remember(run, batches[Math.floor(at / BATCH_OPS)]!, at % BATCH_OPS);
    }
  }

  /** Every row of the runs goes. */
  forget(runs: Iterable<number>): void {
    for (const run of runs) {
      if (!this.#gapRuns.delete(run)) continue;
      this.#windowRuns.delete(run);
      for (const statement of this.#forget) statement.run(run);
    }
  }

  #applyNow(ops: Float64Array, at: number, run: number): void {
    const first = ops[at + OP.FIRST]!;
    const last = ops[at + OP.LAST]!;
    const closedAt = ops[at + OP.AT]!;
    const before = ops[at + OP.TIME_BEFORE]!;
    const after = ops[at + OP.TIME_AFTER]!;
    if (ops[at] === OP_CODE.FILL_LOST) {
      this.#filler.fillLost(run, first, last, closedAt, before, after);
      return;
    }
    this.#gapRuns.add(run);
    const cause = CAUSES[ops[at + OP.CAUSE]!] ?? CAUSES[CAUSE.UNDETERMINED]!;
    const openedAt = ops[at + OP.OPENED_AT]!;
    const requests = ops[at + OP.REQUESTS]!;
    if (ops[at] === OP_CODE.LOST)
      this.#insertLost.run(run, first, last, cause, openedAt, closedAt, requests, before, after);
    else this.#filler.fillOpen(run, first, last, cause, openedAt, closedAt, requests, before, after);
  }

  /** The OPEN operations that follow a WINDOWS take the place of what was remembered of its run. */
  #remember(run: number, { ops, opCount }: Batch, windows: number): void {
    if (this.#windowRuns.delete(run)) this.#deleteWindows.run(run);
    let op = windows + 1;
    for (; op < opCount && ops[op * OP_FIELDS] === OP_CODE.OPEN; op++) {
      const at = op * OP_FIELDS;
      this.#insertWindow.run(
        run,
        ops[at + OP.FIRST]!,
        ops[at + OP.LAST]!,
        ops[at + OP.OPENED_AT]!,
        ops[at + OP.TIME_BEFORE]!,
        ops[at + OP.TIME_AFTER]!,
        ops[at + OP.REQUESTS]!,
      );
    }
    if (op === windows + 1) return;
    this.#windowRuns.add(run);
    this.#gapRuns.add(run);
  }
}
