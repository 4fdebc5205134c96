import type { LedgerChange } from "../view/change.ts";
import type { AcceptedChange } from "../view/ledger-state.ts";

/** What the writer's thread is started with. */
export interface WriterThreadData {
  file: string;
  flushMs: number;
  /** longest time a datagram waits in the ingest worker for its batch to be sent */
  batchMs: number;
  flushBatches: number;
  flushBatchesOfWorker: number;
  retentionMs: number | null;
  maxBytes: number | null;
  /** gives up writing what waits that long after `close`, milliseconds */
  closeTimeoutMs: number;
}

/** Figures the writer sends along with every message. */
export interface WriterFigures {
  /** transactions since the start, and attempts that failed */
  commits: number;
  commitFailures: number;
  /** seconds spent in commits since the start */
  commitSeconds: number;
  /** batches accepted and not yet committed */
  pendingBatches: number;
  /** wall clock, microseconds: what arrived before it is committed, or shown as accepted */
  heardUntilUs: number;
  /** wall clock, microseconds; null while commits succeed */
  failingSinceUs: number | null;
  lastError: string | null;
  /** in the database, and readings in them */
  segments: number;
  readingsStored: number;
  /** of segments into chunks, since the start */
  merges: number;
  /** segments that wait to be merged, and readings in them */
  unmergedSegments: number;
  unmergedReadings: number;
  /** descriptions of channels that were not kept since the start, there being no room */
  leftOutNames: number;
  /** why the last merge failed; null when it did not */
  mergeError: string | null;
  /** what of the database start, merging and retention could not read, and went on without; null when there was nothing */
  damage: string | null;
  /** what the database takes without readings, where that alone is more than `maxBytes`; null where it is not */
  bytesWithoutReadings: number | null;
  /** what flushes put into segments since the start, bytes; and all the writer's thread has written for it, null where the system does not tell */
  flushedBytes: number;
  writtenBytes: number | null;
}

export type WriterMessage =
  | { type: "opened"; hasHistory: boolean; figures: WriterFigures }
  | { type: "refused"; code: string; message: string }
  /** there was nothing to commit; merges go on meanwhile, and fail */
  | { type: "idle"; figures: WriterFigures }
  | { type: "committed"; change: LedgerChange | null; gapOps: Float64Array; figures: WriterFigures }
  /** a commit failed and will be tried again */
  | { type: "failing"; accepted: AcceptedChange | null; figures: WriterFigures }
  /** a bug or a damaged database: nothing more is written */
  | { type: "fatal"; code: string; message: string; stack: string }
  /** nothing is committed any more: batches that were accepted and are lost because commits went on failing. What is left to do a start can do as well */
  | { type: "saved"; unsavedBatches: number }
  | { type: "closed"; figures: WriterFigures };
