import { Checkpoint } from "./checkpoint.ts";
import { FlushStatements } from "./flush-statements.ts";
import { FreePages } from "./free-pages.ts";
import { GapStore } from "./gap-store.ts";
import type { LedgerState } from "./ledger-state.ts";
import { loadLedger } from "./load.ts";
import { lostSegments } from "./lost-segments.ts";
import { type MergePolicy, mergePolicy } from "./merge/merge-policy.ts";
import { Merging } from "./merge/merging.ts";
import type { Sqlite } from "./open.ts";
import { Removals } from "./removals.ts";
import { Retention, type RetentionOptions } from "./retention.ts";
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
