import { availableParallelism } from "node:os";
import { poolBatchesOfWorker } from "../../collector/batch/batch-pool.ts";
import { type Collector, startCollector } from "../../collector/collector.ts";
import { systemClock } from "../../common/clock.ts";
import type { LacunaError } from "../../common/errors.ts";
import type { Logger } from "../../common/logger.ts";
import { openStore, type Store } from "../../db/store.ts";
import type { CollectSettings } from "../options/options.ts";
import { type Part, stopParts } from "./stop-parts.ts";

/** The parts of a service that run: stopped in one order, whichever were started, and watched for one that dies. */
export class ServiceParts {
  readonly #logger: Logger;
  readonly #running: Part[] = [];
  readonly #failed = Promise.withResolvers<LacunaError>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Resolves when a part died that the service cannot live without. */
  get failed(): Promise<LacunaError> {
    return this.#failed.promise;
  }

  /** It is stopped before those that are here. */
  stopFirst(part: Part): void {
    this.#running.unshift(part);
  }

  /** … and after them. */
  stopLast(part: Part): void {
    this.#running.push(part);
  }

  watch(part: Store | Collector): void {
    part.on("error", (error) => {
      this.#logger.fatal({ err: error }, "a part of the collector died");
      this.#failed.resolve(error);
    });
  }

  /** Once: those that are here are gone then. @throws the first failure, when all have been stopped */
  stop(): Promise<void> {
    return stopParts(this.#running.splice(0));
  }
}

/** Half of a worker's pool: were they to wait for the timer, a small one would be used up meanwhile, and datagrams shed. */
const flushBatchesOfWorker = ({ poolBatches, workers }: CollectSettings): number =>
  Math.floor(poolBatchesOfWorker(poolBatches, workers) / 2);

export const openStoreOf = (settings: CollectSettings): Promise<Store> =>
  openStore({
    file: settings.dbPath,
    ingestWorkers: settings.workers,
    clock: systemClock,
    flushMs: settings.flushMs,
    batchMs: settings.batchIntervalMs,
    flushBatchesOfWorker: flushBatchesOfWorker(settings),
    retentionMs: settings.retentionMs,
    maxBytes: settings.maxSizeBytes,
    readers: {
      threads: settings.readers === 0 ? defaultReaders() : settings.readers,
      limits: { timeMs: settings.queryTimeoutMs, readings: settings.queryReadings },
      textsUrl: new URL("../../api/answers/answer-texts.ts", import.meta.url).href,
    },
  });

/** Half of the processors, from 2 to 4. */
const defaultReaders = (): number => Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2)));

export const tellDamage = (store: Store, logger: Logger): void => {
  const { damage } = store.status();
  if (damage === null) return;
  logger.error(
    { reason: damage },
    "the database is damaged; its ledger is whole, newest values may be older ones",
  );
};

/** Once for each time that commits begin to fail, not for each that is tried. */
export const tellFailures = (store: Store, logger: Logger): void => {
  store.on("failing", (reason) =>
    logger.error({ reason }, "the database cannot be written: what arrives waits in memory, then is shed"),
  );
  store.on("recovered", () => logger.info("the database can be written again"));
};

export const closeStore = async (store: Store, logger: Logger): Promise<void> => {
  await store.close();
  const { mergeError } = store.status();
  if (mergeError !== null) logger.error({ reason: mergeError }, "not all that is stored could be merged");
};

export const startCollectorOf = (settings: CollectSettings, store: Store): Promise<Collector> =>
  startCollector({
    listeners: settings.listeners,
    writerPorts: store.ingestPorts,
    tracker: {
      windowMs: settings.windowMs,
      maxDevices: settings.maxDevices,
      maxGapsPerDevice: settings.maxGapsPerDevice,
      maxGaps: settings.maxGaps,
    },
    poolBatches: settings.poolBatches,
    receive: settings.receive,
    batchMs: settings.batchIntervalMs,
    archive: {
      url: new URL("../../db/restore/archive.ts", import.meta.url).href,
      options: store.archiveOptions,
    },
    logLevel: settings.logLevel,
  });
