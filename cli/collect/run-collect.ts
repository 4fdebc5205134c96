import { setTimeout as sleep } from "node:timers/promises";
import { LacunaError } from "../../common/errors.ts";
import { createLogger, type Logger } from "../../common/logger.ts";
import { type Service, startService } from "../service/service.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { loadCollectSettings } from "./collect-settings.ts";
import { endWithoutThreads } from "./end-without-threads.ts";

/** Little is lost with a start: the next one begins it anew. */
const START_PATIENCE_MS = 10_000;

/** Runs until a signal, or until a part dies that it cannot live without. */
export const collect = async (flags: Record<string, unknown>, version: string): Promise<void> => {
  const settings = loadCollectSettings(flags);
  const logger = createLogger(settings.logLevel);
  // a terminal that closes ends it in order too; with a certificate the signal means another thing
  const hasTls = settings.tlsCertPath !== null;
  const signals = hasTls ? stopSignals() : stopSignals(["SIGHUP"]);
  // from here on: without a handler it ends the process, which systemd takes for a stop in good order, so that nothing starts it again
  const reload = (): void => void starting.then((service) => reloadTls(service, logger), noService);
  if (hasTls) process.on("SIGHUP", reload);
  const starting = startService(settings, { logger, version });
  try {
    const service = await unlessGivenUp(starting, signals.received);
    const listeners = service
      .listeners()
      .map(({ url, state, reason, port }) => ({ url, state, reason, port }));
    const access = settings.tokens.length > 0 ? "by token" : "loopback only, as no token is set";
    logger.info({ http: service.url, access, listeners, db: settings.dbPath }, "ready");
    const reason = await Promise.race([signals.received, service.failed]);
    logger.info({ reason: String(reason) }, "stopping");
    void service.failed.then(() => {
      process.exitCode = EXIT.FAILED;
    });
    await service.stop();
  } finally {
    endWithoutThreads(logger);
  }
  logger.info("stopped");
  signals.dispose();
  process.off("SIGHUP", reload);
};

/** @throws LacunaError `ERR_START_GIVEN_UP` when a signal was to end a start that goes on for ten seconds more, as while a disk does not answer */
const unlessGivenUp = (starting: Promise<Service>, signal: Promise<NodeJS.Signals>): Promise<Service> => {
  const givenUp = signal.then(async (name) => {
    await sleep(START_PATIENCE_MS, undefined, { ref: false });
    throw new LacunaError(
      "ERR_START_GIVEN_UP",
      `the start was given up: 10 s after ${name} it was not over, as while a disk does not answer`,
    );
  });
  return Promise.race([starting, givenUp]);
};

/** Why a start failed is told where it is waited for. */
const noService = (): void => {};

const reloadTls = (service: Service, logger: Logger): void => {
  try {
    service.reloadTls();
    logger.info("certificate and key were read again");
  } catch (error) {
    logger.error({ err: error }, "the certificate was not renewed: the former one stays");
  }
};
