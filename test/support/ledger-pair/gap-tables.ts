import Database from "better-sqlite3";
import type { WriteWindow } from "../../../collector/tracker/gap/open-windows.ts";
import type { TrackerSink } from "../../../collector/tracker/types.ts";
import { GapStore } from "../../../db/gaps/gap-store.ts";
import { type GapRecord, queryGaps } from "../../../db/query/gaps-query.ts";
import { MIGRATIONS } from "../../../db/schema/migrations.ts";
import { BATCH_OPS, Batch, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import { normalise, type Range } from "../../../protocol/ranges.ts";

/** Gap operations since the last commit, in order, as the ingest worker would write them into its batches. */
export class GapOps {
  readonly fields: number[] = [];
  readonly forgotten = new Set<number>();

  lost(...history: Parameters<TrackerSink["gapLost"]>): void {
    this.fields.push(OP_CODE.LOST, ...history);
  }

  filled(
    ...[run, number, at, wasLost, openedAt, cause, time, requests]: Parameters<TrackerSink["gapFilled"]>
  ): void {
    const code = wasLost ? OP_CODE.FILL_LOST : OP_CODE.FILL_OPEN;
    this.fields.push(code, run, number, number, openedAt, at, cause, time, time, requests);
  }

  windows(run: number): void {
    this.fields.push(OP_CODE.WINDOWS, run, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  open(...[run, first, last, openedAt, before, after, requests]: Parameters<WriteWindow>): void {
    this.fields.push(OP_CODE.OPEN, run, first, last, openedAt, 0, 0, before, after, requests);
  }

  forget(runs: Iterable<number>): void {
    for (const run of runs) this.forgotten.add(run);
  }
}

/** A row of `/gaps` of one run, in words that a failure can be read by. */
export type GapRowText = string;

export const gapRowText = (row: {
  first: number;
  last: number;
  state: string;
  cause: string | null;
  openedAtUs: number;
  closedAtUs: number | null;
  filledAtUs: number | null;
  arrival: string | null;
  requests: number;
}): GapRowText =>
  `[${row.first}, ${row.last}] ${row.state} ${row.cause} ${row.arrival} opened ${row.openedAtUs} closed ${row.closedAtUs} filled ${row.filledAtUs} asked ${row.requests} times`;

/** The gap tables of a database in memory: the real ones, written and read by what writes and reads those of a collector. */
export class GapTables {
  readonly #db = new Database(":memory:");
  readonly #batch = new Batch();
  #store: GapStore;

  constructor() {
    for (const migration of MIGRATIONS) this.#db.exec(migration);
    this.#store = new GapStore(this.#db);
  }

  clear(): void {
    this.#db.exec("DELETE FROM gaps; DELETE FROM open_gaps; DELETE FROM folded_gaps");
    this.reopen();
  }

  /** A start: all that is known is what the tables say. */
  reopen(): void {
    this.#store = new GapStore(this.#db);
  }

  apply({ fields, forgotten }: GapOps): void {
    const most = BATCH_OPS * OP_FIELDS;
    for (let at = 0; at < fields.length; at += most) {
      const part = fields.slice(at, at + most);
      this.#batch.ops.set(part);
      this.#batch.opCount = part.length / OP_FIELDS;
      this.#store.apply([this.#batch], forgotten);
    }
    this.#store.forget(forgotten);
    this.#store.settle();
  }

  /** Of each of the runs that has any: its gap rows, ascending. One query: making the statement takes longer than running it. */
  records(runs: readonly number[]): ReadonlyMap<number, readonly GapRecord[]> {
    const filters = {
      order: "asc",
      state: null,
      cause: null,
      fromUs: null,
      toUs: null,
      after: null,
    } as const;
    return Map.groupBy(queryGaps(this.#db, { runs, ...filters, limit: 1_000_000 }), ({ run }) => run);
  }
}

/** Numbers that are not here, of the rows of one run. */
export const absentIn = (records: readonly GapRecord[]): Range[] =>
  normalise(records.filter(({ state }) => state !== "filled").map(({ first, last }): Range => [first, last]));
