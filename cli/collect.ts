import type { Command } from "commander";
import { loadSettings } from "../common/config.ts";
import { createLogger } from "../common/logger.ts";
import { EXIT } from "./exit-codes.ts";
import { addFlags } from "./flags.ts";
import { COLLECT_OPTIONS } from "./options.ts";
import { startService } from "./service.ts";
import { stopSignals } from "./stop-signals.ts";

const collect = async (flags: Record<string, unknown>, version: string): Promise<void> => {
  const settings = loadSettings(COLLECT_OPTIONS, flags);
  const logger = createLogger(settings.logLevel);
  const signals = stopSignals();
  const service = await startService(settings, { logger, version });
  logger.info({ http: service.url, listeners: service.listeners(), db: settings.dbPath }, "ready");
  const reason = await Promise.race([signals.received, service.failed]);
  logger.info({ reason: String(reason) }, "stopping");
  await service.stop();
  logger.info("stopped");
  signals.dispose();
  if (reason instanceof Error) process.exitCode = EXIT.FAILED;
};

export const registerCollect = (program: Command, version: string): void => {
  addFlags(
    program
      .command("collect")
      .description(
        "listen for datagrams, store them, serve the HTTP API; ends by SIGTERM or Ctrl-C with everything accepted stored",
      ),
    COLLECT_OPTIONS,
  ).action((flags: Record<string, unknown>) => collect(flags, version));
};
