import { availableParallelism } from "node:os";
import type { Server as TlsServer } from "node:tls";
import type { ListenerStatus } from "../api/part-status.ts";
import type { LedgerSource } from "../api/sources.ts";
import { poolBatchesOfWorker } from "../collector/batch-pool.ts";
import { type Collector, startCollector } from "../collector/collector.ts";
import { systemClock } from "../common/clock.ts";
import { detachFirst } from "../common/detach-first.ts";
import type { LacunaError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { openStore, type Store } from "../db/store.ts";
import { collectorStatusForApi } from "./collector-status.ts";
import { hostFacts } from "./host-facts.ts";
import { type HttpAddress, httpAddressText } from "./http-address.ts";
import { checkExposure, listen, refusedByBrowsers } from "./http-server.ts";
import { StoreLiveSource } from "./live-source.ts";
import type { CollectSettings } from "./options.ts";
import { type Part, stopParts } from "./stop-parts.ts";
import { outOfDate, readTls, type TlsFiles } from "./tls-files.ts";

/** A running collector with its store and its API. */
export interface Service {
  /** base URL of the API */
  readonly url: string;
  /**
   * Certificate and key are read again, for connections from now on; nothing happens without TLS.
   * @throws ConfigurationError when they cannot be used: the former ones stay
   */
  reloadTls(): void;
  readonly ledger: LedgerSource;
  listeners(): readonly ListenerStatus[];
  /** resolves when a part died that the service cannot live without; it still wants to be stopped */
  readonly failed: Promise<LacunaError>;
  /** receive, drain, flush, close the store, the HTTP server last */
  stop(): Promise<void>;
}

export interface ServiceContext {
  logger: Logger;
  version: string;
}

/** Half of a worker's pool: were they to wait for the timer, a small one would be used up meanwhile, and datagrams shed. */
const flushBatchesOfWorker = ({ poolBatches, workers }: CollectSettings): number =>
  Math.floor(poolBatchesOfWorker(poolBatches, workers) / 2);

const openStoreOf = (settings: CollectSettings): Promise<Store> =>
  openStore({
    file: settings.dbPath,
    ingestWorkers: settings.workers,
    clock: systemClock,
    flushMs: settings.flushMs,
    flushBatchesOfWorker: flushBatchesOfWorker(settings),
    retentionMs: settings.retentionMs,
    maxBytes: settings.maxSizeBytes,
    readers: {
      threads: settings.readers === 0 ? defaultReaders() : settings.readers,
      limits: { timeMs: settings.queryTimeoutMs, readings: settings.queryReadings },
      textsUrl: new URL("../api/answer-texts.ts", import.meta.url).href,
    },
  });

/** Half of the processors, from 2 to 4. */
const defaultReaders = (): number => Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2)));

const tellDamage = (store: Store, logger: Logger): void => {
  const { damage } = store.status();
  if (damage === null) return;
  logger.error(
    { reason: damage },
    "the database is damaged; its ledger is whole, newest values may be older ones",
  );
};

/** Once for each time that commits begin to fail, not for each that is tried. */
const tellFailures = (store: Store, logger: Logger): void => {
  store.on("failing", (reason) =>
    logger.error({ reason }, "the database cannot be written: commits are retried, what waits is pending"),
  );
  store.on("recovered", () => logger.info("the database can be written again"));
};

const closeStore = async (store: Store, logger: Logger): Promise<void> => {
  await store.close();
  const { mergeError } = store.status();
  if (mergeError !== null) logger.error({ reason: mergeError }, "not all that is stored could be merged");
};

const startCollectorOf = (settings: CollectSettings, store: Store): Promise<Collector> =>
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
    archive: { url: new URL("../db/archive.ts", import.meta.url).href, options: store.archiveOptions },
    logLevel: settings.logLevel,
  });

const warnOfDates = (tls: TlsFiles, logger: Logger): void => {
  const sentence = outOfDate(tls, systemClock.wallUs() / 1000);
  if (sentence !== null) logger.warn(sentence);
};

const warnOfPort = (http: HttpAddress, logger: Logger): void => {
  const sentence = refusedByBrowsers(http);
  if (sentence !== null) logger.warn(sentence);
};

const urlOf = ({ host }: HttpAddress, port: number, isTls: boolean): string =>
  `http${isTls ? "s" : ""}://${httpAddressText({ host, port })}`;

/**
 * Open the store, continue its ledger, bind the listeners, serve the API: in this order, so that nothing is received that could not be
 * stored. What was started is stopped again when a later part fails.
 * @throws LacunaError of the part that failed
 */
export const startService = async (
  settings: CollectSettings,
  { logger, version }: ServiceContext,
): Promise<Service> => {
  checkExposure(settings);
  warnOfPort(settings.http, logger);
  const tls = readTls(settings);
  if (tls !== null) warnOfDates(tls, logger);
  // answers are detached here (api/send-bytes.ts)
  detachFirst();
  const startedAtUs = systemClock.wallUs();
  const opening = openStoreOf(settings);
  // loaded while the writer's thread starts: it is as much work as everything before
  const loading = import("../api/app.ts");
  await Promise.allSettled([opening, loading]);
  const store = await opening;
  tellDamage(store, logger);
  tellFailures(store, logger);
  const live = new StoreLiveSource(store, settings.dbPath);
  const started: Part[] = [live, { stop: () => closeStore(store, logger) }];
  const stop = (): Promise<void> => stopParts(started.splice(0));
  const { promise: failed, resolve: fail } = Promise.withResolvers<LacunaError>();
  const watch = (part: Store | Collector): void => {
    part.on("error", (error) => {
      logger.fatal({ err: error }, "a part of the collector died");
      fail(error);
    });
  };
  watch(store);
  try {
    const { buildApp } = await loading;
    // what throws from here on must wait for the collector: one that comes up when all is over would never be stopped
    const host = hostFacts();
    const collecting = startCollectorOf(settings, store).then((collector) => {
      started.unshift(collector);
      watch(collector);
      return collector;
    });
    const statusOf = () => collectorStatusForApi(collector.status(), settings.windowMs, host);
    // made ready while the ingest worker starts; nobody asks it anything before it listens
    const building = buildApp(
      {
        ledger: store.view,
        reader: store.reader,
        live,
        collectorStatus: statusOf,
        arrivalsOf: (device) => collector.arrivalsOf(device),
        storeStatus: () => store.status(),
      },
      {
        version,
        clock: systemClock,
        startedAtUs,
        logger,
        tls,
        tokens: settings.tokens,
        exposure: settings,
        maxLiveClients: settings.maxLiveClients,
        processMetrics: true,
      },
    ).then(async (app) => {
      // the API answers until everything is stored
      started.push({ stop: () => app.close() });
      await app.ready();
      return app;
    });
    await Promise.allSettled([collecting, building]);
    const collector = await collecting;
    const app = await building;
    await listen(app, settings.http);
    const { port } = app.server.address() as { port: number };
    return {
      url: urlOf(settings.http, port, tls !== null),
      reloadTls: () => {
        const renewed = readTls(settings);
        if (renewed === null) return;
        (app.server as unknown as TlsServer).setSecureContext(renewed);
        warnOfDates(renewed, logger);
      },
      ledger: store.view,
      listeners: () => statusOf().listeners,
      failed,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
