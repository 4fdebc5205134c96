import { randomInt } from "node:crypto";
import { EventEmitter } from "node:events";
import { type MessagePort, Worker } from "node:worker_threads";
import { LacunaError, MisuseError, messageOf } from "../common/errors.ts";
import type { LogLevel } from "../common/logger.ts";
import { DEFAULT_POOL_BATCHES } from "./batch-pool.ts";
import type { ArchiveModule, IngestCommand, IngestReport, IngestWorkerData } from "./ingest-messages.ts";
import type { IngestStatus } from "./ingest-service.ts";
import type { ListenerConfig } from "./listener-url.ts";
import type { ReceiveChoice } from "./receive/receiver.ts";
import { DEFAULT_TRACKER_SETTINGS, MAX_GAPS_PER_DEVICE, type TrackerSettings } from "./tracker-settings.ts";

export interface CollectorOptions {
  /** as `parseListenerUrls` returns them; their order is that of the status */
  listeners: readonly ListenerConfig[];
  /** towards the writer: BatchMessage out, BatchReturn in; transferred to the ingest worker */
  writerPort: MessagePort;
  tracker?: Partial<TrackerSettings>;
  /** batches between receiver and writer, about 2.2 MB each; default 24 */
  poolBatches?: number;
  /** a batch is handed over when full or so long after its first change, milliseconds; default 100 */
  batchMs?: number;
  /** the path datagrams are received by; default auto */
  receive?: ReceiveChoice;
  /** what the ledger goes on from and devices that left the memory are read back from; without it the ledger is empty and none leaves */
  archive?: ArchiveModule;
  logLevel?: LogLevel;
}

export interface CollectorStatus extends IngestStatus {
  /** share of time the ingest worker was busy between this status and the one before, [0, 1] */
  eventLoopUtilization: number;
}

interface CollectorEvents {
  /** twice a second */
  status: [CollectorStatus];
  /** the ingest worker died: nothing is received any more. Code `ERR_INGEST_CRASHED` */
  error: [LacunaError];
}

const DEFAULT_BATCH_MS = 100;
/**
 * node:dgram makes objects for every datagram, which are dead at once: collecting them costs the same in 12 MiB as in more, and what
 * lives longer is not kept from the old generation, whose garbage would multiply, by a larger one.
 */
const INGEST_YOUNG_GENERATION_MB = 12;

/** The main thread's handle of the ingest worker. Emits `error` when it dies: without a handler that ends the process. */
export class Collector extends EventEmitter<CollectorEvents> {
  readonly #worker: Worker;
  readonly #waiting: ((status: CollectorStatus) => void)[] = [];
  #status: CollectorStatus;
  #utilization: ReturnType<Worker["performance"]["eventLoopUtilization"]>;
  #stopping: PromiseWithResolvers<void> | null = null;
  #isGone = false;

  /** Use `startCollector`. */
  constructor(worker: Worker, status: IngestStatus) {
    super();
    this.#worker = worker;
    this.#utilization = worker.performance.eventLoopUtilization();
    this.#status = { ...status, eventLoopUtilization: 0 };
    worker.on("message", (message: IngestReport) => this.#handle(message));
    worker.on("error", (error) => this.#crashed(error));
    worker.on("exit", () => this.#crashed("it exited"));
  }

  /** The newest status, at most half a second old while the worker lives. */
  status(): CollectorStatus {
    return this.#status;
  }

  /** A status as of now; the last one when the worker is gone. */
  requestStatus(): Promise<CollectorStatus> {
    if (this.#isGone || this.#stopping !== null) return Promise.resolve(this.#status);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#post({ command: "status" });
    });
  }

  /**
   * Stop receiving: what the kernel still has is read, the sockets close, the last batch is handed to the writer. Resolves then (also when
   * the worker is gone already); may be called again.
   */
  stop(): Promise<void> {
    if (this.#isGone && this.#stopping === null) return Promise.resolve();
    if (this.#stopping === null) {
      this.#stopping = Promise.withResolvers<void>();
      this.#post({ command: "stop" });
    }
    return this.#stopping.promise;
  }

  #post(command: IngestCommand): void {
    this.#worker.postMessage(command);
  }

  #handle(message: IngestReport): void {
    if (message.report === "status") {
      this.#takeStatus(message.status);
      this.emit("status", this.#status);
      if (message.isAnswer) this.#waiting.shift()?.(this.#status);
    } else if (message.report === "stopped") {
      this.#isGone = true;
      this.#takeStatus(message.status);
      this.#release();
    }
  }

  #takeStatus(status: IngestStatus): void {
    const now = this.#worker.performance.eventLoopUtilization();
    const between = this.#worker.performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    this.#status = { ...status, eventLoopUtilization: between.utilization };
  }

  #crashed(cause: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#release();
    this.emit("error", crashError(cause));
  }

  /** Nobody waits for a worker that is gone. */
  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(this.#status);
    this.#stopping?.resolve();
  }
}

/**
 * Start the ingest worker: it continues the ledger and opens the listeners.
 * @returns when every listener that is not optional is bound and joined
 * @throws LacunaError with the code of the first listener that failed (`ERR_LISTENER_BIND`, `ERR_MEMBERSHIP_JOIN`), naming all that did;
 * `ERR_RECEIVE_NATIVE` when the native path was asked for and cannot be had; `ERR_INGEST_CRASHED` when the worker died; `ERR_MISUSE` for tracker settings out of range
 */
export const startCollector = async (options: CollectorOptions): Promise<Collector> => {
  const { writerPort } = options;
  const tracker = { ...DEFAULT_TRACKER_SETTINGS, ...options.tracker };
  if (tracker.maxGapsPerDevice > MAX_GAPS_PER_DEVICE) {
    throw new MisuseError(`maxGapsPerDevice is at most ${MAX_GAPS_PER_DEVICE}`);
  }
  const workerData: IngestWorkerData = {
    listeners: [...options.listeners],
    tracker: {
      ...tracker,
      nextDevice: 1,
      nextRun: 1,
      hashSeed: tracker.hashSeed ?? randomInt(2 ** 32),
    },
    poolBatches: options.poolBatches ?? DEFAULT_POOL_BATCHES,
    batchMs: options.batchMs ?? DEFAULT_BATCH_MS,
    receive: options.receive ?? "auto",
    writerPort,
    archive: options.archive ?? null,
    logLevel: options.logLevel ?? "info",
  };
  const worker = new Worker(new URL("./ingest-worker.ts", import.meta.url), {
    name: "ingest",
    resourceLimits: { maxYoungGenerationSizeMb: INGEST_YOUNG_GENERATION_MB },
    workerData,
    transferList: [writerPort],
  });
  return new Collector(worker, await started(worker));
};

/** Resolves with the worker's first status. */
const started = (worker: Worker): Promise<IngestStatus> => {
  const { promise, resolve, reject } = Promise.withResolvers<IngestStatus>();
  const onMessage = (message: IngestReport): void => {
    if (message.report === "start-failed") reject(new LacunaError(message.code, message.message));
    else resolve(message.status);
  };
  const onError = (cause: unknown): void => {
    reject(crashError(cause));
  };
  const onExit = (): void => onError("it exited before it had started");
  worker.once("message", onMessage).once("error", onError).once("exit", onExit);
  // one by one: removing all listeners takes Node's own away, and with them the messages
  return promise.finally(() => worker.off("message", onMessage).off("error", onError).off("exit", onExit));
};

const crashError = (cause: unknown): LacunaError =>
  new LacunaError("ERR_INGEST_CRASHED", `the ingest worker died: ${messageOf(cause)}`, { cause });
