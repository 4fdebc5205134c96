import { BATCH_OPS, type Batch, OP, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { CAUSE, CAUSES } from "../../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { GapFiller } from "./gap-filler.ts";
import { GapPacker } from "./open-gaps.ts";
import { opsByRun } from "./ops-by-run.ts";
import { UndoableSet } from "./undoable-set.ts";

/** Gap rows and remembered windows; all of it inside the flush's transaction. */
export class GapStore {
  readonly #insertLost: Statement;
  readonly #putOpen: Statement;
  readonly #deleteOpen: Statement;
  readonly #forget: Statement[];
  readonly #filler: GapFiller;
  readonly #packer = new GapPacker();
  /** runs that have a row in `open_gaps`, those with rows in any of the gap tables */
  readonly #openRuns: UndoableSet;
  readonly #gapRuns: UndoableSet;

  constructor(db: Sqlite) {
    this.#insertLost = db.prepare(
      `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests, time_before, time_after, was_lost)
       VALUES (?, ?, ?, 'lost', ?, ?, ?, NULL, ?, ?, ?, 1)`,
    );
    // a row that stays as it is costs no page of the log
    this.#putOpen = db.prepare(
      `INSERT INTO open_gaps VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET first = excluded.first, opened_at = excluded.opened_at, gaps = excluded.gaps
       WHERE first <> excluded.first OR opened_at <> excluded.opened_at OR gaps <> excluded.gaps`,
    );
    this.#deleteOpen = db.prepare("DELETE FROM open_gaps WHERE run_no = ?");
    this.#forget = ["gaps", "open_gaps", "folded_gaps"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE run_no = ?`),
    );
    this.#filler = new GapFiller(db);
    const runs = (table: string): number[] =>
      db.prepare(`SELECT DISTINCT run_no FROM ${table}`).pluck().all() as number[];
    const openRuns = runs("open_gaps");
    this.#openRuns = new UndoableSet(openRuns);
    this.#gapRuns = new UndoableSet([...openRuns, ...runs("gaps"), ...runs("folded_gaps")]);
  }

  /** The transaction was committed. */
  settle(): void {
    this.#openRuns.settle();
    this.#gapRuns.settle();
  }

  /** The transaction was rolled back. */
  undo(): void {
    this.#openRuns.undo();
    this.#gapRuns.undo();
  }

  /** Apply a flush's operations, those of each run in their order; those of `skippedRuns` (forgotten in the same flush) are left out. */
  apply(batches: readonly Batch[], skippedRuns: ReadonlySet<number>): void {
    /** where each run's last WINDOWS lies */
    const windowsAt = new Map<number, number>();
    for (const place of opsByRun(batches, skippedRuns)) {
      const { ops } = batches[Math.floor(place / BATCH_OPS)]!;
      const at = (place % BATCH_OPS) * OP_FIELDS;
      const run = ops[at + OP.RUN]!;
      if (ops[at] === OP_CODE.WINDOWS) windowsAt.set(run, place);
      else this.#applyNow(ops, at, run);
    }
    for (const [run, place] of windowsAt) {
      this.#remember(run, batches[Math.floor(place / BATCH_OPS)]!, place % BATCH_OPS);
    }
  }

  /** Every row of the runs goes. */
  forget(runs: Iterable<number>): void {
    for (const run of runs) {
      if (!this.#gapRuns.delete(run)) continue;
      this.#openRuns.delete(run);
      for (const statement of this.#forget) statement.run(run);
    }
  }

  #applyNow(ops: Float64Array, at: number, run: number): void {
    const first = ops[at + OP.FIRST]!;
    const last = ops[at + OP.LAST]!;
    const atUs = ops[at + OP.AT]!;
    const before = ops[at + OP.TIME_BEFORE]!;
    const after = ops[at + OP.TIME_AFTER]!;
    if (ops[at] === OP_CODE.FILL_LOST) {
      this.#filler.fillLost(run, first, atUs, before);
      return;
    }
    this.#gapRuns.add(run);
    const cause = CAUSES[ops[at + OP.CAUSE]!] ?? CAUSES[CAUSE.UNDETERMINED]!;
    const openedAt = ops[at + OP.OPENED_AT]!;
    const requests = ops[at + OP.REQUESTS]!;
    if (ops[at] === OP_CODE.LOST)
      this.#insertLost.run(run, first, last, cause, openedAt, atUs, requests, before, after);
    else this.#filler.fillOpen(run, first, cause, openedAt, atUs, requests, before);
  }

  /** The OPEN operations that follow a WINDOWS take the place of what was remembered of its run. */
  #remember(run: number, { ops, opCount }: Batch, windows: number): void {
    const from = windows + 1;
    let end = from;
    while (end < opCount && ops[end * OP_FIELDS] === OP_CODE.OPEN) end++;
    if (end === from) {
      if (this.#openRuns.delete(run)) this.#deleteOpen.run(run);
      return;
    }
    const at = from * OP_FIELDS;
    this.#putOpen.run(run, ops[at + OP.FIRST]!, ops[at + OP.OPENED_AT]!, this.#packer.pack(ops, from, end));
    this.#openRuns.add(run);
    this.#gapRuns.add(run);
  }
}
