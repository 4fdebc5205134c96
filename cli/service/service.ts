import type { Server as TlsServer } from "node:tls";
import type { App } from "../../api/context.ts";
import type { ListenerStatus } from "../../api/part-status.ts";
import type { LedgerSource, LiveSource, Sources } from "../../api/sources.ts";
import type { Collector } from "../../collector/collector.ts";
import { systemClock } from "../../common/clock.ts";
import { detachFirst } from "../../common/detach-first.ts";
import type { LacunaError } from "../../common/errors.ts";
import type { Logger } from "../../common/logger.ts";
import type { Store } from "../../db/store.ts";
import { type HttpAddress, httpAddressText } from "../options/http-address.ts";
import type { CollectSettings } from "../options/options.ts";
import { outOfDate, readTls, type TlsFiles } from "../options/tls-files.ts";
import { collectorStatusForApi } from "./collector-status.ts";
import { hostFacts } from "./host-facts.ts";
import { checkExposure, listen, refusedByBrowsers } from "./http-server.ts";
import { StoreLiveSource } from "./live-source.ts";
import {
  closeStore,
  openStoreOf,
  ServiceParts,
  startCollectorOf,
  tellDamage,
  tellFailures,
} from "./service-parts.ts";

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

const sourcesOf = (
  settings: CollectSettings,
  store: Store,
  live: LiveSource,
  collector: () => Collector,
): Sources => {
  const host = hostFacts();
  return {
    ledger: store.view,
    reader: store.reader,
    live,
    collectorStatus: () => collectorStatusForApi(collector().status(), settings.windowMs, host),
    arrivalsOf: (device) => collector().arrivalsOf(device),
    storeStatus: () => store.status(),
  };
};

const startCollecting = async (
  settings: CollectSettings,
  store: Store,
  parts: ServiceParts,
): Promise<Collector> => {
  const collector = await startCollectorOf(settings, store);
  parts.stopFirst(collector);
  parts.watch(collector);
  return collector;
};

const makeReady = async (building: Promise<App>, parts: ServiceParts): Promise<App> => {
  const app = await building;
  // the API answers until everything is stored
  parts.stopLast({ stop: () => app.close() });
  await app.ready();
  return app;
};

const renewTls = (app: App, settings: CollectSettings, logger: Logger): void => {
  const renewed = readTls(settings);
  if (renewed === null) return;
  (app.server as unknown as TlsServer).setSecureContext(renewed);
  warnOfDates(renewed, logger);
};

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
  // answers are detached here (api/sending/send-bytes.ts)
  detachFirst();
  // both now: the clock may be set while the store is opened
  const startedAtUs = systemClock.wallUs();
  const startedAtMs = systemClock.monotonicMs();
  const opening = openStoreOf(settings);
  // loaded while the writer's thread starts: it is as much work as everything before
  const loading = import("../../api/app.ts");
  await Promise.allSettled([opening, loading]);
  const store = await opening;
  tellDamage(store, logger);
  tellFailures(store, logger);
  const live = new StoreLiveSource(store, settings.dbPath);
  const parts = new ServiceParts(logger);
  parts.stopLast(live);
  parts.stopLast({ stop: () => closeStore(store, logger) });
  parts.watch(store);
  try {
    const { buildApp } = await loading;
    // nobody asks for the collector before the API listens. What throws from here on must wait for it: one that comes up when all is over would
    // never be stopped
    const sources = sourcesOf(settings, store, live, () => collector);
    const collecting = startCollecting(settings, store, parts);
    // made ready while the ingest worker starts
    const building = buildApp(sources, {
      version,
      clock: systemClock,
      startedAtUs,
      startedAtMs,
      logger,
      tls,
      tokens: settings.tokens,
      exposure: settings,
      maxLiveClients: settings.maxLiveClients,
      processMetrics: true,
    });
    const ready = makeReady(building, parts);
    await Promise.allSettled([collecting, ready]);
    const collector = await collecting;
    const app = await ready;
    await listen(app, settings.http);
    const { port } = app.server.address() as { port: number };
    return {
      url: urlOf(settings.http, port, tls !== null),
      reloadTls: () => renewTls(app, settings, logger),
      ledger: store.view,
      listeners: () => sources.collectorStatus().listeners,
      failed: parts.failed,
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop().catch((also: unknown) => {
      logger.error({ err: also }, "not all that had been started could be stopped");
    });
    throw error;
  }
};
