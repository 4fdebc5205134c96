import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../common/clock.ts";
import { codeOf, MisuseError, messageOf } from "../common/errors.ts";
import { createLogger, type Logger } from "../common/logger.ts";
import type { BatchMessage, BatchReturn, Restored } from "../protocol/batch.ts";
import type {
  ArchiveExports,
  ArchiveModule,
  IngestCommand,
  IngestReport,
  IngestWorkerData,
  StartArchive,
} from "./ingest-messages.ts";
import { IngestService } from "./ingest-service.ts";
import { chooseSockets } from "./receive/choose-sockets.ts";

/** Thread entry of an ingest worker: joins the service to its two ports. */

const STATUS_MS = 500;

const openArchive = async ({ url, options }: ArchiveModule): Promise<StartArchive> => {
  const module = (await import(url)) as ArchiveExports;
  return module.openArchive(options);
};

const NOTHING_RESTORED: Restored = {
  hasHistory: false,
  nextDevice: 1,
  nextRun: 1,
  devices: [],
  leftOut: [],
  fleet: { datagrams: 0, control: 0, shed: 0, held: 0, rejected: {}, refusedReadings: {} },
};

/**
 * On a busy machine the thread that empties the socket goes first: what it is late for is lost, everything else only waits. Linux keeps a
 * priority per thread (setpriority(2), NOTES) and grants a higher one to root and to CAP_SYS_NICE; elsewhere it would be the process's.
 */
const raisePriority = (logger: Logger): void => {
  if (process.platform !== "linux") return;
  try {
    setPriority(constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch (error) {
    logger.debug({ reason: messageOf(error) }, "the ingest thread keeps its normal priority");
  }
};

const run = async (main: NonNullable<typeof parentPort>, data: IngestWorkerData): Promise<void> => {
  const { writerPort, logLevel, receive, ...options } = data;
  const logger = createLogger(logLevel).child({ thread: "ingest" });
  raisePriority(logger);
  const report = (message: IngestReport): void => main.postMessage(message);
  const archive = data.archive === null ? null : await openArchive(data.archive);
  let service: IngestService;
  try {
    service = new IngestService({
      ...options,
      tracker: archive === null ? data.tracker : { ...data.tracker, archive },
      restored: archive?.restored(data.tracker.maxDevices) ?? NOTHING_RESTORED,
      sockets: await chooseSockets(receive, logger),
      clock: systemClock,
      random: Math.random,
      logger,
      send: (message: BatchMessage) => writerPort.postMessage(message),
    });
    writerPort.on("message", (returned: BatchReturn) => service.takeBack(returned));
    await service.start();
  } catch (error) {
    report({
      report: "start-failed",
      code: codeOf(error) ?? "ERR_INGEST_START",
      message: messageOf(error),
    });
    writerPort.close();
    main.close();
    return;
  }
  report({ report: "started", status: service.status() });
  const reporter = setInterval(
    () => report({ report: "status", status: service.status(), isAnswer: false }),
    STATUS_MS,
  );

  const stop = async (): Promise<void> => {
    await service.stop();
    clearInterval(reporter);
    report({ report: "stopped", status: service.status() });
    // what was posted before is still delivered
    writerPort.close();
    main.close();
  };
  main.on("message", ({ command }: IngestCommand) => {
    if (command === "status") report({ report: "status", status: service.status(), isAnswer: true });
    else void stop();
  });
};

if (parentPort === null) throw new MisuseError("ingest-worker.ts is the entry of a worker thread");
await run(parentPort, workerData as IngestWorkerData);
