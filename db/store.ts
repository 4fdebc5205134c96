import { EventEmitter, once } from "node:events";
import { statSync } from "node:fs";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Clock } from "../common/clock.ts";
import { LacunaError } from "../common/errors.ts";
import { SilenceWatch, STOP_PATIENCE_MS } from "../common/silence-watch.ts";
import { formatTime } from "../protocol/time.ts";
import { openForReading, SCHEMA_VERSION } from "./file/open.ts";
import { realFileOf } from "./file/real-file.ts";
import { type QueryLimits, UNLIMITED } from "./query/query-budget.ts";
import { Reader } from "./readers/reader.ts";
import { ReaderPool } from "./readers/reader-pool.ts";
import { ReaderThread } from "./readers/reader-thread.ts";
import { DATABASE_WORKER_HEAP } from "./readers/worker-heap.ts";
import type { ArchiveOptions } from "./restore/archive.ts";
import { loadLedger } from "./tables/load.ts";
import type { LedgerChange } from "./view/change.ts";
import type { LedgerState } from "./view/ledger-state.ts";
import { LedgerView } from "./view/ledger-view.ts";
import type { WriterFigures, WriterMessage, WriterThreadData } from "./writer/writer-messages.ts";

/** Who answers queries. */
export interface ReaderOptions {
  /** at most, at least 1; each starts when it is needed */
  threads: number;
  limits: QueryLimits;
  /** module that exports AnswerTexts; null = none, only rows are asked for */
  textsUrl: string | null;
}

export interface StoreOptions {
  file: string;
  /** stamps the states of the store; commits are stamped by the writer's thread */
  clock: Clock;
  /** how many ingest workers there are; default 1 */
  ingestWorkers?: number;
  /** a datagram waits for its batch to be sent here at most that long, milliseconds; default 0 */
  batchMs?: number;
  /** a batch waits for its commit at most that long, milliseconds; default 400 */
  flushMs?: number;
  /** that many waiting batches are committed at once; default 32 */
  flushBatches?: number;
  /** that many of one ingest worker as well; default 32 */
  flushBatchesOfWorker?: number;
  /** readings older than that (by arrival) are removed, milliseconds; null (default) = never */
  retentionMs?: number | null;
  /** size above which the oldest readings are removed, bytes; null (default) = no bound */
  maxBytes?: number | null;
  /** how long `close` goes on trying when commits fail, milliseconds; default 5000 */
  closeTimeoutMs?: number;
  /** who answers queries; default: one thread, without limits, asked for rows only */
  readers?: Partial<ReaderOptions>;
}

export interface StoreEvents {
  /** a flush was committed and the view shows it; with the gaps it lost and filled: OP_FIELDS per operation, in order */
  commit: [LedgerChange, Float64Array];
  /** commits begin to fail, and are retried: why */
  failing: [string];
  /** the first one after that has succeeded */
  recovered: [];
  /** the writer can go on no more (a bug, a damaged database): without a handler that ends the process */
  error: [LacunaError];
}

/** The store as a whole, and the figures of its writer. */
export interface StoreStatus extends Omit<WriterFigures, "failingSinceUs" | "lastError" | "heardUntilUs"> {
  path: string;
  /** FAILING: the last commit failed and is retried; FAILED: nothing more is written until a restart */
  state: "OK" | "FAILING" | "FAILED" | "CLOSED";
  /** why commits fail, or none is tried any more; null while neither is so */
  reason: string | null;
  /** since when the state is what it is, microseconds */
  sinceUs: number;
  schemaVersion: number;
  sizeBytes: number;
  /** bytes of the write-ahead log */
  walBytes: number;
  /** microseconds; null before the first commit of all */
  lastCommitUs: number | null;
  /** threads that have not come back from a query for ten seconds longer than it may take */
  stalledReaders: number;
}

const DEFAULTS = {
  flushMs: 400,
  batchMs: 0,
  flushBatches: 32,
  flushBatchesOfWorker: 32,
  retentionMs: null,
  maxBytes: null,
  closeTimeoutMs: 5000,
};

const STALLED = "a commit has not come back for more than 10 s: the disk does not answer";

const READERS: ReaderOptions = { threads: 1, limits: UNLIMITED, textsUrl: null };

/**
 * Open (or create) a database and own it.
 * @throws LacunaError `ERR_DATABASE_OPEN`, `ERR_DATABASE_OWNED`, `ERR_DATABASE_FOREIGN`, `ERR_DATABASE_FROM_FUTURE`
 */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  const { clock, readers, ingestWorkers = 1, ...given } = options;
  const channels = Array.from({ length: ingestWorkers }, () => new MessageChannel());
  const ingestPorts = channels.map(({ port1 }) => port1);
  const ports = channels.map(({ port2 }) => port2);
  const data: WriterThreadData = { ...DEFAULTS, ...given };
  const worker = new Worker(new URL("./writer/writer-worker.ts", import.meta.url), {
    name: "writer",
    resourceLimits: DATABASE_WORKER_HEAP,
    workerData: { ...data, ports },
    transferList: ports,
  });
  const opened = await firstMessage(worker);
  if (opened.type !== "opened") {
    for (const port of ingestPorts) port.close();
    throw openError(opened);
  }
  try {
    return new Store(data, clock, worker, ingestPorts, opened, { ...READERS, ...readers });
  } catch (error) {
    // nobody else can: a thread that is left keeps the process alive and the database owned
    const ended = once(worker, "exit");
    worker.postMessage("close");
    await ended;
    for (const port of ingestPorts) port.close();
    throw error;
  }
};

const firstMessage = (worker: Worker): Promise<WriterMessage> =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error) => {
      const message = `the writer's thread did not start: ${error.message}`;
      reject(new LacunaError("ERR_DATABASE_OPEN", message, { cause: error }));
    });
  });

const openError = (message: WriterMessage): LacunaError =>
  message.type === "refused"
    ? new LacunaError(message.code, message.message)
    : new LacunaError("ERR_DATABASE_OPEN", `the writer's thread began with "${message.type}"`);

/** The main thread's handle of a database: has started the writer's and the reader's threads, keeps the ledger in memory. */
export class Store extends EventEmitter<StoreEvents> {
  /** transfer each to an ingest worker: it posts BatchMessage and gets BatchReturn and TablesReach */
  readonly ingestPorts: readonly MessagePort[];
  /** what `openArchive` is to be called with, in the ingest workers */
  readonly archiveOptions: ArchiveOptions;
  readonly view: LedgerView;
  readonly reader: Reader;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #state: LedgerState;
  readonly #readers: ReaderPool;
  readonly #closed = Promise.withResolvers<void>();
  /** null until the last commit */
  #unsavedBatches: number | null = null;
  #figures!: Omit<WriterFigures, "heardUntilUs">;
  #status: StoreStatus["state"] = "OK";
  #sinceUs: number;
  #failure: LacunaError | undefined;
  #silence: SilenceWatch;
  #isStalled = false;

  /** Use `openStore`. */
  constructor(
    { file, flushMs }: Pick<WriterThreadData, "file" | "flushMs">,
    clock: Clock,
    worker: Worker,
    ingestPorts: readonly MessagePort[],
    opened: Extract<WriterMessage, { type: "opened" }>,
    readers: ReaderOptions,
  ) {
    super();
    this.#file = file;
    this.#worker = worker;
    this.ingestPorts = ingestPorts;
    this.archiveOptions = { file, hasHistory: opened.hasHistory };
    this.#state = loadForStart(file);
    this.#note(opened.figures);
    this.#clock = clock;
    this.#sinceUs = clock.wallUs();
    this.view = new LedgerView(this.#state);
    const threads = Array.from(
      { length: readers.threads },
      () => new ReaderThread({ file, textsUrl: readers.textsUrl }),
    );
    this.#readers = new ReaderPool(threads, readers.limits);
    this.reader = new Reader(this.view, this.#readers.ask);
    worker.on("message", (message: WriterMessage) => this.#receive(message));
    worker.on("error", (error) => this.#fail("ERR_WRITER", error.message, error));
    worker.on("exit", () => {
      if (this.#status !== "CLOSED") this.#fail("ERR_WRITER", "the writer's thread ended");
    });
    // the writer says something every second, and after each flush
    this.#silence = new SilenceWatch(() => this.#stall(), flushMs);
  }

  status(): StoreStatus {
    const { failingSinceUs, lastError, ...figures } = this.#figures;
    const isFailing = this.#status === "FAILING";
    return {
      path: this.#file,
      state: this.#status,
      reason: this.#isStalled ? STALLED : isFailing ? lastError : (this.#failure?.message ?? null),
      sinceUs: isFailing && failingSinceUs !== null ? failingSinceUs : this.#sinceUs,
      schemaVersion: SCHEMA_VERSION,
      sizeBytes: sizeOf(this.#file),
      walBytes: sizeOf(`${realFileOf(this.#file)}-wal`),
      lastCommitUs: this.view.asOfUs === 0 ? null : this.view.asOfUs,
      stalledReaders: this.#readers.stalled,
      ...figures,
    };
  }

  /**
   * After the ingest worker has posted its last batch: commit, bring the tables up to date, close.
   * @throws LacunaError `ERR_UNSAVED` when commits failed to the end and batches are lost, or that of the `error` event, which a disk that answers no more
   * is too
   */
  async close(): Promise<void> {
    await this.#readers.close();
    this.#silence.close();
    this.#silence = new SilenceWatch(() => this.#giveUp(), STOP_PATIENCE_MS);
    this.#worker.postMessage("close");
    await this.#closed.promise;
    this.#silence.close();
    if (this.#failure !== undefined) throw this.#failure;
    const unsavedBatches = this.#unsavedBatches ?? 0;
    if (unsavedBatches > 0) {
      throw new LacunaError(
        "ERR_UNSAVED",
        `${unsavedBatches} batches could not be written to ${this.#file} before the stop: ${this.#figures.lastError ?? "unknown"}`,
      );
    }
  }

  #receive(message: WriterMessage): void {
    this.#silence.heard();
    this.#isStalled = false;
    switch (message.type) {
      case "idle":
        this.#note(message.figures);
        this.#recover();
        break;
      case "committed":
        this.#advance(message);
        break;
      case "failing":
        this.#note(message.figures);
        if (this.#status === "OK") this.emit("failing", message.figures.lastError ?? "no reason known");
        this.#status = "FAILING";
        if (message.accepted !== null) this.#state.accept(message.accepted);
        break;
      case "fatal":
        this.#fail(message.code, message.message, message.stack);
        break;
      case "saved":
        this.#unsavedBatches = message.unsavedBatches;
        break;
      case "closed":
        this.#note(message.figures);
        this.#end();
        break;
    }
  }

  #note({ heardUntilUs, ...figures }: WriterFigures): void {
    this.#figures = figures;
    this.#state.heardUntilUs = heardUntilUs;
  }

  #advance({ change, gapOps, figures }: Extract<WriterMessage, { type: "committed" }>): void {
    this.#note(figures);
    // what was committed before the ledger was read is in it already
    if (change !== null && change.flush > this.#state.flush) this.#state.apply(change);
    this.#recover();
    if (change !== null) this.emit("commit", change, gapOps);
  }

  /** What it waits for may never come: nobody who is inside a call of the system can say so. */
  #stall(): void {
    if (this.#status !== "OK") return;
    this.#isStalled = true;
    this.#status = "FAILING";
    this.#sinceUs = this.#clock.wallUs();
    this.emit("failing", STALLED);
  }

  /** Tables, merges and the log of a large fleet may take a slow disk longer: the next start does what is left of it. */
  #giveUp(): void {
    if (this.#unsavedBatches !== null) {
      this.#end();
      return;
    }
    const { lastCommitUs } = this.status();
    const since = lastCommitUs === null ? "has come" : `came after ${formatTime(lastCommitUs)}`;
    this.#fail("ERR_WRITER", `its disk does not answer, and what ${since} may not be stored`);
  }

  #end(): void {
    this.#status = "CLOSED";
    this.#sinceUs = this.#clock.wallUs();
    this.#closed.resolve();
  }

  #recover(): void {
    if (this.#status !== "FAILING") return;
    this.#status = "OK";
    this.#sinceUs = this.#clock.wallUs();
    this.emit("recovered");
  }

  #fail(code: string, message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new LacunaError(code, `the database's writer failed: ${message}`, { cause });
    this.#status = "FAILED";
    this.#sinceUs = this.#clock.wallUs();
    this.#closed.resolve();
    this.emit("error", this.#failure);
  }
}

/** The main thread's own copy of the ledger, read once; what is committed later comes as changes. */
const loadForStart = (file: string): LedgerState => {
  const db = openForReading(file);
  try {
    return db.transaction(() => loadLedger(db))();
  } finally {
    db.close();
  }
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
