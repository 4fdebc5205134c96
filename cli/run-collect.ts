import { loadSettings } from "../common/config.ts";
import { createLogger } from "../common/logger.ts";
import { EXIT } from "./exit-codes.ts";
import { COLLECT_OPTIONS } from "./options.ts";
import { startService } from "./service.ts";
import { stopSignals } from "./stop-signals.ts";

/** Runs until a signal, or until a part dies that it cannot live without. */
export const collect = async (flags: Record<string, unknown>, version: string): Promise<void> => {
  const settings = loadSettings(COLLECT_OPTIONS, flags);
  const logger = createLogger(settings.logLevel);
  const signals = stopSignals();
  const service = await startService(settings, { logger, version });
  const listeners = service.listeners().map(({ url, state, reason, port }) => ({ url, state, reason, port }));
  logger.info({ http: service.url, listeners, db: settings.dbPath }, "ready");
  const reason = await Promise.race([signals.received, service.failed]);
  logger.info({ reason: String(reason) }, "stopping");
  await service.stop();
  logger.info("stopped");
  signals.dispose();
  if (reason instanceof Error) process.exitCode = EXIT.FAILED;
};
