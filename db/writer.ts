import type { Clock } from "../common/clock.ts";
import { LacunaError, messageOf } from "../common/errors.ts";
import type { BatchMessage, FleetCounters } from "../protocol/batch.ts";
import { type LedgerChange, sumFleets, withoutHeld } from "./change.ts";
import { Checkpoint } from "./checkpoint.ts";
import { ByteWriter } from "./codec/byte-writer.ts";
import { FlushStatements } from "./flush-statements.ts";
import { FreePages } from "./free-pages.ts";
import { GapStore } from "./gap-store.ts";
import { changedRows, closedGapOps, type Gathered, gather, holdsDatagrams, newestFleets } from "./gather.ts";
import { encodeRecord } from "./journal.ts";
import type { AcceptedChange, LedgerState } from "./ledger-state.ts";
import { loadLedger, readStateRow, type StateRow } from "./load.ts";
import { type DatabaseLock, lockDatabase } from "./lock.ts";
import { type MergePolicy, mergePolicy } from "./merge/merge-policy.ts";
import type { MergeTask, SegmentRow } from "./merge/merge-task.ts";
import { Merging } from "./merge/merging.ts";
import { takeNewest } from "./newest.ts";
import { isPassingFailure, openForWriting, type Sqlite } from "./open.ts";
import { type Doomed, Retention, type RetentionOptions } from "./retention.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { emptyLatest } from "./view/latest-values.ts";

export interface WriterOptions extends RetentionOptions {
  file: string;
  clock: Clock;
  /** for tests: rows of the tables for people brought up to date per flush at least, and how long a device waits for that; notes a flush takes */
  checkpointRows?: number;
  checkpointLagMs?: number;
  flushNotes?: number;
  /** for tests: smaller merges than those of a collector */
  mergePolicy?: Partial<MergePolicy>;
}

/** What became of one flush. */
export type FlushOutcome =
  | { outcome: "idle" }
  | {
      outcome: "committed";
      /** null when only tables were brought up to date or old rows removed */
      change: LedgerChange | null;
      /** what it lost and filled: OP_FIELDS per operation, in order */
      gapOps: Float64Array;
      /** their buffers are free again */
      messages: readonly BatchMessage[];
    }
  /** nothing was written and nothing lost: the batches go on waiting */
  | { outcome: "failed"; error: unknown };

/** How long a commit waits for another process's lock. Short: the thread must stay responsive, and tries again by itself. */
const BUSY_MS = 50;
/** a stop goes on merging at most that long */
const STOP_MERGE_MS = 3000;
const CHECKPOINT_ROWS_AT_ONCE = 20_000;
/**
 * What one flush takes at most. Devices that are known cost a row however many batches they are in, and a flush costs something for each
 * of them: the more batches, the less per datagram. New ones bring notes, which are in memory several times over (in the batch, in the journal,
 * on their way to the main thread): a writer that has fallen behind in a flood of them takes it in parts.
 */
const MOST_BATCHES_PER_FLUSH = 64;
const MOST_NOTES_PER_FLUSH = 50_000;

/**
 * Owns the database: gathers batches, commits them one transaction per flush, keeps what a failed commit could not write. Synchronous; the
 * thread around it (writer-worker.ts) brings the timers.
 */
export class Writer {
  /** true when a collector has run on this database before */
  readonly hasHistory: boolean;
  readonly #db: Sqlite;
  readonly #lock: DatabaseLock;
  readonly #clock: Clock;
  readonly #state: LedgerState;
  readonly #checkpoint: Checkpoint;
  readonly #gaps: GapStore;
  readonly #retention: Retention;
  readonly #statements: FlushStatements;
  readonly #segmentWriter: SegmentWriter;
  readonly #merging: Merging;
  readonly #freePages: FreePages;
  readonly #journal = new ByteWriter();
  readonly #totalChanges: () => number;
  readonly #mostNotes: number;
  #row: StateRow;
  /** committed counters of each ingest worker, by index; the first one's begin with what the database knew */
  #fleets: readonly FleetCounters[] = [];
  #waiting: BatchMessage[] = [];
  /** how many of the waiting batches `takeAccepted` has given out */
  #shown = 0;

  /**
   * Take the ownership of the database, bring it up to date (schema, tables) and note the start in it.
   * @throws LacunaError `ERR_DATABASE_…` (db/open.ts, db/lock.ts)
   */
  constructor(options: WriterOptions) {
    this.#clock = options.clock;
    this.#mostNotes = options.flushNotes ?? MOST_NOTES_PER_FLUSH;
    this.#lock = lockDatabase(options.file, options.clock.wallUs());
    try {
      this.#db = openForWriting(options.file);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    try {
      const db = this.#db;
      this.#row = readStateRow(db);
      this.hasHistory = this.#row.startedAtUs !== null;
      this.#state = db.transaction(() => loadLedger(db))();
      this.#statements = new FlushStatements(db);
      this.#segmentWriter = new SegmentWriter(db);
      this.#checkpoint = new Checkpoint(db, this.#state, {
        minRows: options.checkpointRows,
        lagMs: options.checkpointLagMs,
      });
      this.#gaps = new GapStore(db);
      this.#retention = new Retention(db, this.#state, options);
      const totalChanges = db.prepare("SELECT total_changes()").pluck();
      this.#merging = new Merging(db, {
        ...mergePolicy(options.retentionMs, options.maxBytes),
        ...options.mergePolicy,
      });
      this.#freePages = new FreePages(db);
      this.#totalChanges = () => totalChanges.get() as number;
      this.#start();
      db.pragma(`busy_timeout = ${BUSY_MS}`);
    } catch (error) {
      this.#db.close();
      this.#lock.release();
      throw error instanceof LacunaError ? error : startError(options.file, error);
    }
  }

  /** rows written since the database was opened */
  get rowsWritten(): number {
    return this.#totalChanges();
  }

  get pendingBatches(): number {
    return this.#waiting.length;
  }

  /** devices whose tables are behind */
  get waitingDevices(): number {
    return this.#checkpoint.waiting;
  }

  /** what the database holds: segments, and readings in them */
  get stored(): { segments: number; readings: number } {
    return this.#merging.stored;
  }

  /** number of the last flush */
  get flushNumber(): number {
    return this.#row.lastFlush;
  }

  /** The ledger as the database holds it. */
  get state(): LedgerState {
    return this.#state;
  }

  /** The batch waits for the next flush; its buffer must not change until that is committed. */
  accept(message: BatchMessage): void {
    this.#waiting.push(message);
  }

  /**
   * Write what waits (of very much a first part), a part of what the tables for people lack, and remove a part of what is too old, in one transaction.
   * A failure that may pass is returned; anything else (a damaged database, a bug) is thrown.
   */
  flush(): FlushOutcome {
    // what was shown as pending must not fall back to an older state: it is committed together
    const messages = this.#waiting.slice(0, Math.max(this.#bearable(), this.#shown));
    try {
      const doomed = this.#retention.choose(this.#clock.wallUs(), this.#row.replayFrom);
      if (messages.length === 0 && doomed.segments.length === 0 && this.#isTidy) return { outcome: "idle" };
      const gathered = gather(messages, this.#state, this.#fleets);
      const change = this.#commit(messages, gathered, doomed);
      this.#waiting = this.#waiting.slice(messages.length);
      this.#shown = Math.max(0, this.#shown - messages.length);
      return { outcome: "committed", change, gapOps: closedGapOps(gathered.batches), messages };
    } catch (error) {
      this.#undo();
      if (!isPassingFailure(error)) throw error;
      return { outcome: "failed", error };
    }
  }

  /** The merging of what was written; the thread around this brings the merges. */
  get merging(): Merging {
    return this.#merging;
  }

  /** Begin the next merge; null when there is none or one has begun. */
  beginMerge(): MergeTask | null {
    return this.#merging.begin(this.#row.replayFrom);
  }

  /** Of the batches that wait in vain, what was not given out yet; null when there is nothing new. */
  takeAccepted(): AcceptedChange | null {
    if (this.#shown === this.#waiting.length) return null;
    const gathered = gather(
      this.#waiting.slice(this.#shown),
      this.#state,
      newestFleets(this.#waiting.slice(0, this.#shown), this.#fleets),
    );
    this.#shown = this.#waiting.length;
    return {
      notes: gathered.notes,
      rows: changedRows(gathered, this.#state, new Map()),
      fleet: sumFleets(gathered.fleets),
    };
  }

  /**
   * Bring all tables up to date and close; where that fails (a full disk) the next start does it. What still waits is lost: flush
   * before.
   */
  close(): void {
    try {
      this.#stop();
    } catch (error) {
      if (!isPassingFailure(error)) throw error;
    } finally {
      this.#db.close();
      this.#lock.release();
    }
  }

  /** nothing is due for the tables; and when nothing waits for them they say so */
  get #isUpToDate(): boolean {
    if (this.#checkpoint.waiting === 0) return this.#row.replayFrom > this.#row.lastFlush;
    return !this.#checkpoint.isDue(this.#clock.monotonicMs());
  }

  /** how many of the waiting batches one flush takes */
  #bearable(): number {
    let notes = 0;
    let batches = 0;
    for (const message of this.#waiting) {
      notes += message.noteCount;
      if (batches > 0 && (batches === MOST_BATCHES_PER_FLUSH || notes > this.#mostNotes)) break;
      batches++;
    }
    return batches;
  }

  get #isTidy(): boolean {
    return this.#isUpToDate && !this.#merging.hasLeftovers && !this.#freePages.hasExcess;
  }

  #commit(messages: readonly BatchMessage[], gathered: Gathered, doomed: Doomed): LedgerChange | null {
    const brings = messages.length > 0 || doomed.expired.size > 0 || doomed.forgottenExpired > 0;
    const change = brings ? this.#changeOf(gathered, doomed) : null;
    const row = this.#rowAfter(gathered, change);
    const segment = this.#db
      .transaction(() => {
        this.#checkpoint.step(gathered.forgottenDevices, this.#clock.monotonicMs());
        this.#retention.remove(doomed);
        this.#merging.sweep();
        this.#freePages.giveBack();
        const written = change === null ? null : this.#write(gathered, change);
        row.replayFrom = this.#checkpoint.replayFrom(row.lastFlush + (change === null ? 1 : 0));
        this.#statements.pruneJournal(row.replayFrom);
        this.#statements.updateState(row);
        return written;
      })
      .immediate();
    this.#row = row;
    this.#merging.removed(doomed.segments, doomed.readings);
    if (segment !== null) this.#merging.added(segment);
    this.#settle(gathered, change);
    return change;
  }

  #changeOf(gathered: Gathered, doomed: Doomed): LedgerChange {
    return {
      flush: this.#row.lastFlush + 1,
      committedAtUs: this.#clock.wallUs(),
      notes: gathered.notes,
      rows: changedRows(gathered, this.#state, doomed.expired),
      latest: emptyLatest(),
      forgottenExpired: doomed.forgottenExpired,
      fleet: sumFleets(gathered.fleets),
    };
  }

  #rowAfter(gathered: Gathered, change: LedgerChange | null): StateRow {
    const row = { ...this.#row };
    if (change !== null) {
      row.lastFlush = change.flush;
      row.committedAtUs = change.committedAtUs;
    }
    row.nextDevice = Math.max(row.nextDevice, gathered.lastDevice + 1);
    row.nextRun = Math.max(row.nextRun, gathered.lastRun + 1);
    return row;
  }

  /** @returns the segment written, null when there is nothing in it */
  #write(gathered: Gathered, change: LedgerChange): SegmentRow | null {
    const segment = holdsDatagrams(gathered)
      ? this.#segmentWriter.write(gathered, change, this.#state)
      : null;
    this.#statements.insertJournal(change.flush, encodeRecord(this.#journal, this.#state, change));
    this.#gaps.apply(gathered.batches, gathered.forgottenRuns);
    this.#gaps.forget(gathered.forgottenRuns);
    for (const device of gathered.forgottenDevices) this.#checkpoint.forget(device);
    this.#statements.insertEvents(gathered.events, (device) => this.#idOf(device, gathered));
    this.#statements.updateFleet(this.#state.fleet, change.fleet);
    if (gathered.forgottenDevices.size > 0 || change.forgottenExpired > 0) {
      this.#statements.updateForgotten(this.#state, change);
    }
    return segment;
  }

  #settle(gathered: Gathered, change: LedgerChange | null): void {
    this.#checkpoint.settle();
    this.#gaps.settle();
    if (change === null) return;
    this.#fleets = gathered.fleets;
    // newest values need the devices and runs of the change, and must be known before devices are forgotten
    const kept = change.notes.filter((note) => note.note !== "forgotten");
    const gone = change.notes.filter((note) => note.note === "forgotten");
    this.#state.apply({ ...change, notes: kept });
    if (holdsDatagrams(gathered))
      change.latest = takeNewest(this.#state, this.#segmentWriter.sorted, change.flush);
    this.#checkpoint.changed(change, this.#clock.monotonicMs());
    for (const note of gone) this.#state.applyNote(note, change.flush);
  }

  #undo(): void {
    this.#checkpoint.undo();
    this.#gaps.undo();
  }

  #idOf(device: number, gathered: Gathered): string | null {
    const slot = this.#state.devices.slotOf(device);
    if (slot >= 0) return this.#state.devices.ids[slot]!;
    return gathered.newIds.get(device) ?? null;
  }

  /** Tables complete, a held datagram of a crashed process decided, the start noted. */
  #start(): void {
    this.#checkpoint.changedByReplay(this.#row.replayFrom);
    this.#checkpointAll();
    const now = this.#clock.wallUs();
    const fleet = withoutHeld(this.#state.fleet);
    const row = { ...this.#row, startedAtUs: now, stoppedAtUs: null };
    this.#db
      .transaction(() => {
        this.#statements.updateFleet(this.#state.fleet, fleet);
        this.#statements.updateState(row);
      })
      .immediate();
    this.#state.fleet = fleet;
    this.#fleets = [fleet];
    this.#row = row;
  }

  #stop(): void {
    this.#checkpointAll();
    this.#mergeRest();
    const now = this.#clock.wallUs();
    const row = { ...this.#row, stoppedAtUs: now };
    this.#statements.updateState(row);
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** Merge the last flushes and give back what is free. What there is no time for waits for the next start. */
  #mergeRest(): void {
    const endMs = this.#clock.monotonicMs() + STOP_MERGE_MS;
    this.#merging.finish(this.#row.replayFrom, () => this.#clock.monotonicMs() >= endMs);
    while (this.#merging.hasLeftovers) this.#db.transaction(() => this.#merging.sweep()).immediate();
    this.#freePages.giveBackAll();
  }

  #checkpointAll(): void {
    const next = this.#row.lastFlush + 1;
    while (this.#checkpoint.waiting > 0) {
      const row = { ...this.#row };
      this.#db
        .transaction(() => {
          this.#checkpoint.writeRows(CHECKPOINT_ROWS_AT_ONCE);
          row.replayFrom = this.#checkpoint.replayFrom(next);
          this.#statements.pruneJournal(row.replayFrom);
          this.#statements.updateState(row);
        })
        .immediate();
      this.#row = row;
      this.#checkpoint.settle();
    }
  }
}

const startError = (file: string, cause: unknown): LacunaError =>
  new LacunaError("ERR_DATABASE_OPEN", `cannot start on the database ${file}: ${messageOf(cause)}`, {
    cause,
  });
