import { createLogger, type Logger } from "../../common/logger.ts";
import { type Service, startService } from "../service/service.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { loadCollectSettings } from "./collect-settings.ts";

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
  const service = await starting;
  const listeners = service.listeners().map(({ url, state, reason, port }) => ({ url, state, reason, port }));
  const access = settings.tokens.length > 0 ? "by token" : "loopback only, as no token is set";
  logger.info({ http: service.url, access, listeners, db: settings.dbPath }, "ready");
  const reason = await Promise.race([signals.received, service.failed]);
  logger.info({ reason: String(reason) }, "stopping");
  await service.stop();
  logger.info("stopped");
  signals.dispose();
  process.off("SIGHUP", reload);
  if (reason instanceof Error) process.exitCode = EXIT.FAILED;
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
