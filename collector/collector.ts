import { randomInt } from "node:crypto";
import { EventEmitter } from "node:events";
import { networkInterfaces } from "node:os";
import { type MessagePort, Worker } from "node:worker_threads";
import { LacunaError, MisuseError, messageOf } from "../common/errors.ts";
import { type HostInterfaces, hostInterfaces } from "../common/interfaces.ts";
import type { LogLevel } from "../common/logger.ts";
import type { DeviceArrivals } from "../protocol/device-arrivals.ts";
import { DEFAULT_POOL_BATCHES, poolBatchesOfWorker } from "./batch/batch-pool.ts";
import { createExchanges, type ExchangeEnds } from "./handover/exchange.ts";
import { IngestHandle, type ThreadState } from "./ingest/ingest-handle.ts";
import type { ArchiveModule, IngestWorkerData } from "./ingest/ingest-messages.ts";
import {
  DEFAULT_TRACKER_SETTINGS,
  MAX_GAPS_PER_DEVICE,
  type TrackerSettings,
} from "./ingest/tracker-settings.ts";
import type { ListenerConfig } from "./listener/listener-url.ts";
import { pathNamesOf } from "./listener/path-names.ts";
import { answeringAddresses, MOST_OWN_SOCKETS, sharedAddresses } from "./listener/sharing.ts";
import { PathBoard, type PathStatus } from "./paths/path-board.ts";
import type { ReceiveChoice, ReceivePath } from "./receive/receiver.ts";
import type { IngestStatus } from "./status/ingest-status.ts";
import { sumStatuses } from "./status/sum-status.ts";

export interface CollectorOptions {
  /** as `parseListenerUrls` returns them; their order is that of the status */
  listeners: readonly ListenerConfig[];
  /** towards the writer, one for each ingest worker: BatchMessage out, BatchReturn and TablesReach in; transferred to them */
  writerPorts: readonly MessagePort[];
  tracker?: Partial<TrackerSettings>;
  /** batches between receiver and writer, at most 2.2 MB each; default DEFAULT_POOL_BATCHES */
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
  /** empty when all listeners are one path */
  paths: PathStatus[];
  /** the ingest workers, with the share of time each was busy lately, [0, 1]; null = it is gone */
  threads: { state: ThreadState; utilization: number | null }[];
}

interface CollectorEvents {
  /** twice a second */
  status: [CollectorStatus];
  /** an ingest worker died: what it owned is not received any more. Code `ERR_INGEST_CRASHED` */
  error: [LacunaError];
}

const DEFAULT_BATCH_MS = 100;
/**
 * node:dgram makes objects for every datagram, which are dead at once: collecting them costs the same in 3 MiB as in 12 or more, and what
 * lives longer is not kept from the old generation, whose garbage would multiply, by a larger one.
 */
const INGEST_YOUNG_GENERATION_MB = 3;

/** The main thread's handle of the ingest workers. Emits `error` when one dies: without a handler that ends the process. */
export class Collector extends EventEmitter<CollectorEvents> {
  readonly #workers: readonly IngestHandle[];
  readonly #listeners: readonly ListenerConfig[];
  /** of each listener: the worker that opens it */
  readonly #homes: readonly number[];
  /** of each listener: the addresses whose sockets have been asked for, their numbers are their places here (entry.ts) */
  readonly #shared = new Map<number, string[]>();
  readonly #board: PathBoard;
  #sharing: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  /** Use `startCollector`. */
  constructor(
    workers: readonly IngestHandle[],
    listeners: readonly ListenerConfig[],
    homes: readonly number[],
  ) {
    super();
    this.#workers = workers;
    this.#listeners = listeners;
    this.#homes = homes;
    const { atMs, atUs } = workers[0]!.latest!.status;
    this.#board = new PathBoard(listeners, atMs, atUs);
    for (const worker of workers) {
      worker.on("error", (error) => this.emit("error", error));
    }
    workers[0]!.on("status", () => this.#tellStatus());
    // addresses come to a host while it runs
    workers[0]!.on("status", () => this.#shareWhatIsUp());
    this.#shareWhatIsUp();
  }

  /** The newest status, at most half a second old while the workers live. */
  status(): CollectorStatus {
    const sum = this.#sum();
    const threads = this.#workers.map(({ state, latest }) => ({
      state,
      utilization: state === "running" ? latest!.utilization : null,
    }));
    return { ...sum, paths: this.#board.status(sum.paths), threads };
  }

  /** How the numbers of a device arrive, as its worker counts it; null = no worker has it in memory. */
  async arrivalsOf(id: string): Promise<DeviceArrivals | null> {
    const answers = await Promise.all(this.#workers.map((worker) => worker.arrivalsOf(id)));
    return answers.find((arrivals) => arrivals !== null) ?? null;
  }

  /** Resolves when all workers have a socket for the listeners that are up and can be shared. */
  sharing(): Promise<void> {
    return this.#sharing;
  }

  /**
   * Stop receiving: what the kernel still has is read, the sockets close, the workers hand over what is each other's, the last batches are
   * handed to the writer. Resolves then (also when workers are gone already); may be called again.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Nobody waits for a worker that is gone. */
  async #stopAll(): Promise<void> {
    const here = this.#workers.filter((worker) => !worker.isGone);
    await Promise.allSettled(here.map((worker) => worker.ask({ command: "stop" })));
  }

  #sum(): IngestStatus {
    return sumStatuses(
      this.#workers.map((worker) => worker.latest!.status),
      this.#homes,
    );
  }

  #tellStatus(): void {
    const [first] = this.#workers;
    const { paths, atMs, atUs } = this.#sum();
    for (const news of this.#board.look(paths, atMs, atUs)) {
      // a worker that is gone stores nothing more
      if (!first!.isGone && this.#stopping === null)
        first!.ask({ command: "event", ...news }).catch(() => undefined);
    }
    this.emit("status", this.status());
  }

  #shareWhatIsUp(): void {
    const interfaces = hostInterfaces();
    if (interfaces === null) return;
    for (const [index, home] of this.#homes.entries()) {
      const own = this.#workers[home]!.latest?.status.listeners[index];
      if (own?.state !== "OK") continue;
      const shared = this.#shared.get(index) ?? [];
      this.#shared.set(index, shared);
      for (const address of this.#addressesOf(index, interfaces, own.receive)) {
        if (shared.includes(address) || shared.length === MOST_OWN_SOCKETS) continue;
        shared.push(address);
        const local = this.#listeners[index]!.kind === "wildcard" ? shared.length : 0;
        this.#sharing = this.#sharing.then(() => this.#share(index, address, own.port, local));
      }
    }
  }

  /** Those that get sockets beside that of the listener; node:dgram cannot let just these in. */
  #addressesOf(index: number, interfaces: HostInterfaces, receive: ReceivePath): string[] {
    const config = this.#listeners[index]!;
    if (this.#workers.length > 1) return sharedAddresses(config, interfaces, process.platform);
    return receive === "native" ? answeringAddresses(config, interfaces, process.platform) : [];
  }

  /** One socket after the other: the kernel's table tells two of one address apart only by which one is new. */
  async #share(listener: number, address: string, port: number, local: number): Promise<void> {
    for (const [index, worker] of this.#workers.entries()) {
      // it has the socket of the listener itself
      if (address === this.#listeners[listener]!.address && index === this.#homes[listener]) continue;
      if (worker.isGone || this.#stopping !== null) return;
      await worker.ask({ command: "share", listener, address, port, local }).catch(() => undefined);
    }
  }
}

/**
 * Start the ingest workers: they continue the ledger and open the listeners.
 * @returns when every listener that is not optional is bound and joined
 * @throws LacunaError with the code of the first listener that failed (`ERR_LISTENER_BIND`, `ERR_MEMBERSHIP_JOIN`), naming all that did;
 * `ERR_RECEIVE_NATIVE` when the native path was asked for and cannot be had; `ERR_INGEST_CRASHED` when a worker died; `ERR_MISUSE` for tracker settings out of range
 */
export const startCollector = async (options: CollectorOptions): Promise<Collector> => {
  const homes = homesOf(options.listeners, options.writerPorts.length);
  const workers: IngestHandle[] = [];
  try {
    for (const workerData of workerDataOf(options, homes)) workers.push(startWorker(workerData));
    const lastArrivals = await Promise.all(workers.map(({ restored }) => restored));
    const lastArrivalUs = Math.max(...lastArrivals);
    await Promise.all(workers.map((worker) => worker.ask({ command: "begin", lastArrivalUs })));
    await listen(workers, homes);
  } catch (error) {
    await Promise.allSettled(
      workers.flatMap((worker) => [worker.restored, worker.ask({ command: "abandon" })]),
    );
    throw error;
  }
  const collector = new Collector(workers, options.listeners, homes);
  await collector.sharing();
  return collector;
};

const startWorker = (workerData: IngestWorkerData): IngestHandle => {
  const worker = new Worker(new URL("./ingest/ingest-worker.ts", import.meta.url), {
    name: workerData.workers === 1 ? "ingest" : `ingest-${workerData.worker}`,
    resourceLimits: { maxYoungGenerationSizeMb: INGEST_YOUNG_GENERATION_MB },
    workerData,
    transferList: [workerData.writerPort, ...portsOf(workerData.exchange)],
  });
  return new IngestHandle(worker);
};

/** @throws LacunaError with the code of the first listener that failed, naming all that did at any worker */
const listen = async (workers: readonly IngestHandle[], homes: readonly number[]): Promise<void> => {
  const errors: unknown[] = [];
  for (const [index, worker] of workers.entries()) {
    const listeners = [...homes.keys()].filter((listener) => homes[listener] === index);
    await worker.ask({ command: "listen", listeners }).catch((error: unknown) => errors.push(error));
  }
  const [first] = errors;
  if (first === undefined) return;
  if (!(first instanceof LacunaError) || errors.length === 1) throw first;
  throw new LacunaError(first.code, errors.map(messageOf).join("\n"), { cause: first });
};

/**
 * The worker that opens each listener: one that all workers share is the first one's, the others are dealt out.
 */
const homesOf = (listeners: readonly ListenerConfig[], workers: number): number[] => {
  let dealt = 0;
  return listeners.map((config) => {
    const isShared = sharedAddresses(config, networkInterfaces(), process.platform).length > 0;
    return isShared ? 0 : dealt++ % workers;
  });
};

const workerDataOf = (options: CollectorOptions, homes: number[]): IngestWorkerData[] => {
  const paths = pathNamesOf(options.listeners).ofListener;
  const tracker = { ...DEFAULT_TRACKER_SETTINGS, ...options.tracker, paths };
  if (tracker.maxGapsPerDevice > MAX_GAPS_PER_DEVICE) {
    throw new MisuseError(`maxGapsPerDevice is at most ${MAX_GAPS_PER_DEVICE}`);
  }
  const workers = options.writerPorts.length;
  const hashSeed = tracker.hashSeed ?? randomInt(2 ** 32);
  const exchanges = workers === 1 ? [] : createExchanges(workers, hashSeed);
  return options.writerPorts.map((writerPort, worker) => ({
    worker,
    workers,
    exchange: exchanges[worker] ?? null,
    homes,
    listeners: [...options.listeners],
    tracker: {
      ...tracker,
      // what bounds the memory bounds it for all workers together
      maxDevices: Math.ceil(tracker.maxDevices / workers),
      maxGaps: Math.ceil(tracker.maxGaps / workers),
      worker,
      workers,
      hashSeed,
    },
    poolBatches: poolBatchesOfWorker(options.poolBatches ?? DEFAULT_POOL_BATCHES, workers),
    batchMs: options.batchMs ?? DEFAULT_BATCH_MS,
    receive: options.receive ?? "auto",
    writerPort,
    archive: options.archive ?? null,
    logLevel: options.logLevel ?? "info",
  }));
};

const portsOf = (exchange: ExchangeEnds | null): MessagePort[] =>
  (exchange?.lanes ?? []).flatMap((lane) => (lane === null ? [] : [lane.port]));
