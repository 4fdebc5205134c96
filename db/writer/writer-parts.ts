import { FreePages } from "../file/free-pages.ts";
import type { Sqlite } from "../file/open.ts";
import { Removals } from "../file/removals.ts";
import { GapStore } from "../gaps/gap-store.ts";
import { type MergePolicy, mergePolicy } from "../merge/merge-policy.ts";
import { Merging } from "../merge/merging.ts";
import { Retention, type RetentionOptions } from "../retention/retention.ts";
import { Checkpoint } from "../tables/checkpoint.ts";
import { loadLedger } from "../tables/load.ts";
import { lostSegments } from "../tables/lost-segments.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { FlushStatements } from "./flush-statements.ts";
import { SegmentWriter } from "./segment-writer.ts";

export interface PartsOptions extends RetentionOptions {
  /** for tests: rows of the tables for people brought up to date per flush at least, and how long a device waits for that */
  checkpointRows?: number;
  checkpointLagMs?: number;
  /** for tests: smaller merges than those of a collector */
  mergePolicy?: Partial<MergePolicy>;
}

/** What writes to the database, each part its own tables. */
export interface WriterParts {
  readonly db: Sqlite;
  /** the ledger as the database holds it */
  readonly state: LedgerState;
  readonly statements: FlushStatements;
  readonly segmentWriter: SegmentWriter;
  readonly checkpoint: Checkpoint;
  readonly gaps: GapStore;
  readonly retention: Retention;
  readonly merging: Merging;
  readonly freePages: FreePages;
}

const loadWhole = (db: Sqlite): LedgerState => {
  const state = loadLedger(db);
  const lost = lostSegments(db, state);
  if (lost !== null) state.damage.push(lost);
  return state;
};

/** The parts of a writer on an open database; reads the ledger from it. */
export function writerParts(db: Sqlite, options: PartsOptions): WriterParts {
  const state = db.transaction(() => loadWhole(db))();
  const removals = new Removals(db.name, state.damage);
  return {
    db,
    state,
    statements: new FlushStatements(db),
    segmentWriter: new SegmentWriter(db),
    checkpoint: new Checkpoint(db, state, {
      minRows: options.checkpointRows,
      lagMs: options.checkpointLagMs,
    }),
    gaps: new GapStore(db),
    retention: new Retention(db, state, removals, options),
    merging: new Merging(db, removals, state.damage, {
      ...mergePolicy(options.retentionMs, options.maxBytes),
      ...options.mergePolicy,
    }),
    freePages: new FreePages(db, removals),
  };
}
