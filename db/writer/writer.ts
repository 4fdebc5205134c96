import type { Clock } from "../../common/clock.ts";
import type { BatchMessage } from "../../protocol/batch.ts";
import { type FleetCounters, sumFleets } from "../../protocol/fleet-counters.ts";
import { orDamaged, startError } from "../file/damage.ts";
import { FileIdentity } from "../file/file-identity.ts";
import { type DatabaseLock, lockDatabase } from "../file/lock.ts";
import { refuseOtherNames } from "../file/only-name.ts";
import {
  beginLogAnew,
  isPassingFailure,
  mayLackRoom,
  openForWriting,
  type Sqlite,
  saveLog,
} from "../file/open.ts";
import { DamagedRemovalError } from "../file/removals.ts";
import type { MergeTask } from "../merge/merge-task.ts";
import type { Merging } from "../merge/merging.ts";
import { readStateRow, type StateRow } from "../tables/state-row.ts";
import type { LedgerChange } from "../view/change.ts";
import type { AcceptedChange, LedgerState } from "../view/ledger-state.ts";
import { FlushTransaction } from "./flush-transaction.ts";
import { changedRows, closedGapOps, gather, newestFleets } from "./gather.ts";
import { startTables, stopTables } from "./start-and-stop.ts";
import { WaitingBatches } from "./waiting-batches.ts";
import { type PartsOptions, type WriterParts, writerParts } from "./writer-parts.ts";

export interface WriterOptions extends PartsOptions {
  file: string;
  clock: Clock;
  /** for tests: notes a flush takes */
  flushNotes?: number;
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

/**
 * Owns the database: gathers batches, commits them one transaction per flush, keeps what a failed commit could not write. Synchronous; the
 * thread around it (writer-worker.ts) brings the timers.
 */
export class Writer {
  /** true when a collector has run on this database before */
  readonly hasHistory: boolean;
  readonly #file: string;
  readonly #db: Sqlite;
  readonly #lock: DatabaseLock;
  readonly #identity: FileIdentity;
  readonly #clock: Clock;
  readonly #parts: WriterParts;
  readonly #transaction: FlushTransaction;
  readonly #waiting: WaitingBatches;
  readonly #totalChanges: () => number;
  #row: StateRow;
  /** committed counters of each ingest worker, by index; the first one's begin with what the database knew */
  #fleets: readonly FleetCounters[] = [];

  /**
   * Take the ownership of the database, bring it up to date (schema, tables) and note the start in it.
   * @throws LacunaError `ERR_DATABASE_…` (db/file/open.ts, db/file/lock.ts)
   */
  constructor(options: WriterOptions) {
    this.#file = options.file;
    this.#clock = options.clock;
    this.#waiting = new WaitingBatches(options.flushNotes);
    this.#lock = lockDatabase(options.file, options.clock.wallUs());
    try {
      refuseOtherNames(options.file);
      this.#db = openForWriting(options.file);
    } catch (error) {
      this.#lock.giveUp();
      throw error;
    }
    try {
      const db = this.#db;
      this.#identity = new FileIdentity(options.file);
      const found = readStateRow(db);
      this.hasHistory = found.startedAtUs !== null;
      this.#parts = writerParts(db, options);
      this.#transaction = new FlushTransaction(this.#parts, this.#clock);
      const totalChanges = db.prepare("SELECT total_changes()").pluck();
      this.#totalChanges = () => totalChanges.get() as number;
      this.#row = this.#inItsRoom(() => startTables(this.#parts, found, this.#clock));
      this.#fleets = [this.#parts.state.fleet];
      db.pragma(`busy_timeout = ${BUSY_MS}`);
    } catch (error) {
      this.#db.close();
      this.#lock.release();
      throw startError(options.file, error);
    }
  }

  /** On a full disk there is room in the log only, for a start and a stop as for a flush. */
  #inItsRoom<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!mayLackRoom(error) || !beginLogAnew(this.#db)) throw error;
      this.#transaction.undo();
      return work();
    }
  }

  /** rows written since the database was opened */
  get rowsWritten(): number {
    return this.#totalChanges();
  }

  /** what start, merging and retention could not read, and went on without; null when there was nothing */
  get damage(): string | null {
    const { damage } = this.state;
    if (damage.length === 0) return null;
    return damage.length === 1 ? damage[0]! : `${damage[0]}; and ${damage.length - 1} more`;
  }

  get pendingBatches(): number {
    return this.#waiting.length;
  }

  pendingBatchesOf(worker: number): number {
    return this.#waiting.lengthOf(worker);
  }

  /** a flush would have something to write of what waits */
  get isDue(): boolean {
    return this.#waiting.isDue;
  }

  /** devices whose tables are behind */
  get waitingDevices(): number {
    return this.#parts.checkpoint.waiting;
  }

  /** what the database takes without readings, where that alone is more than it may; null where it is not */
  get bytesWithoutReadings(): number | null {
    return this.#parts.retention.bytesWithoutReadings;
  }

  /** descriptions of channels there was no room for, since the start */
  get leftOutNames(): number {
    return this.#transaction.leftOutNames;
  }

  /** what the database holds: segments, and readings in them */
  get stored(): { segments: number; readings: number } {
    return this.merging.stored;
  }

  /** number of the last flush */
  get flushNumber(): number {
    return this.#row.lastFlush;
  }

  /** the tables have all flushes before this one */
  get replayFrom(): number {
    return this.#row.replayFrom;
  }

  /** The ledger as the database holds it. */
  get state(): LedgerState {
    return this.#parts.state;
  }

  /** The merging of what was written; the thread around this brings the merges. */
  get merging(): Merging {
    return this.#parts.merging;
  }

  /** The batch waits for the next flush; its buffer must not change until that is committed. */
  accept(message: BatchMessage): void {
    this.#waiting.push(message);
  }

  /**
   * Write what waits (of very much a first part), a part of what the tables for people lack, and remove a part of what is too old, in one transaction.
   * A failure that may pass is returned; anything else (a damaged database, one that was removed, a bug) is thrown.
   */
  flush(): FlushOutcome {
    return this.#flush(false);
  }

  /** @param isLogNew - its log was begun anew for it */
  #flush(isLogNew: boolean): FlushOutcome {
    const messages = this.#waiting.next();
    try {
      this.#identity.check(() => saveLog(this.#db));
      const { retention, merging } = this.#parts;
      const doomed = retention.choose(this.#clock.wallUs(), this.#row.replayFrom, merging.hasLeftovers);
      const isDoomed = doomed.segments.length > 0 || doomed.hasGaps;
      if (messages.length === 0 && !isDoomed && this.#isTidy) return { outcome: "idle" };
      const gathered = gather(messages, this.state, this.#fleets);
      const { change, row } = this.#transaction.commit(gathered, doomed, this.#row);
      this.#row = row;
      this.#fleets = gathered.fleets;
      this.#waiting.committed(messages);
      return { outcome: "committed", change, gapOps: closedGapOps(gathered.batches), messages };
    } catch (thrown) {
      this.#transaction.undo();
      // what is damaged is left where it is now
      if (thrown instanceof DamagedRemovalError) return this.#flush(isLogNew);
      // once: what has no room then has none
      if (!isLogNew && mayLackRoom(thrown) && beginLogAnew(this.#db)) return this.#flush(true);
      const error = orDamaged(this.#file, thrown);
      if (!isPassingFailure(error)) throw error;
      return { outcome: "failed", error };
    }
  }

  /** Begin the next merge; null when there is none or one has begun. */
  beginMerge(): MergeTask | null {
    return this.merging.begin(this.#row.replayFrom);
  }

  /** Of the batches that wait in vain, what was not given out yet; null when there is nothing new. */
  takeAccepted(): AcceptedChange | null {
    const { shown, unshown } = this.#waiting;
    if (unshown.length === 0) return null;
    const gathered = gather(unshown, this.state, newestFleets(shown, this.#fleets));
    this.#waiting.showAll();
    return {
      notes: gathered.notes,
      rows: changedRows(gathered, this.state, new Map()),
      fleet: sumFleets(gathered.fleets),
    };
  }

  /**
   * Bring all tables up to date and close; where that fails (a full disk) the next start does it. What still waits is lost: flush
   * before.
   */
  close(): void {
    try {
      this.#inItsRoom(() => stopTables(this.#parts, this.#row, this.#clock));
    } catch (thrown) {
      const error = orDamaged(this.#file, thrown);
      if (!isPassingFailure(error)) throw error;
    } finally {
      this.#db.close();
      this.#lock.release();
    }
  }

  get #isTidy(): boolean {
    return this.#isUpToDate && !this.merging.hasLeftovers && !this.#parts.freePages.hasExcess;
  }

  /** nothing is due for the tables; and when nothing waits for them they say so */
  get #isUpToDate(): boolean {
    const { checkpoint } = this.#parts;
    if (checkpoint.waiting === 0) return this.#row.replayFrom > this.#row.lastFlush;
    return !checkpoint.isDue(this.#clock.monotonicMs());
  }
}
