import { constants, setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../common/clock.ts";
import { MisuseError, messageOf } from "../../common/errors.ts";
import { createLogger, type Logger } from "../../common/logger.ts";
import type { BatchMessage, Restored } from "../../protocol/batch.ts";
import { emptyFleet } from "../../protocol/fleet-counters.ts";
import { Owners } from "../handover/owners.ts";
import { chooseSockets } from "../receive/choose-sockets.ts";
import type { DeviceArchive, TrackerOptions } from "../tracker/types.ts";
import type { ArchiveExports, ArchiveModule, IngestWorkerData, StartArchive } from "./ingest-messages.ts";
import { IngestService } from "./ingest-service.ts";
import { closePorts, IngestThread, reportFailure } from "./ingest-thread.ts";
import { heapTrimmer, mapLargeBlocks } from "./large-blocks.ts";
import { NOTHING_RESTORED } from "./nothing-restored.ts";
import { rehearse, warmUp } from "./warm-up.ts";

/** Thread entry of an ingest worker: makes its service, compiled before it counts. */

const openArchive = async ({ url, options }: ArchiveModule): Promise<StartArchive> => {
  const module = (await import(url)) as ArchiveExports;
  return module.openArchive(options);
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

/** The part of the database whose devices this worker owns; what belongs to no device is the first one's. */
const restoredOf = (
  archive: StartArchive | null,
  { worker, exchange, tracker }: IngestWorkerData,
): Restored => {
  if (archive === null) return NOTHING_RESTORED;
  if (exchange === null) return archive.restored(tracker.maxDevices);
  const owners = new Owners(exchange.hashSeed, exchange.lanes.length);
  const encoder = new TextEncoder();
  const owns = (id: string): boolean => {
    const bytes = encoder.encode(id);
    return owners.ownerOf(new DataView(bytes.buffer), 0, bytes.length) === worker;
  };
  const restored = archive.restored(tracker.maxDevices, owns);
  return worker === 0 ? restored : { ...restored, fleet: emptyFleet() };
};

const NO_ARCHIVE: DeviceArchive = { load: () => null, loadEpoch: () => null };

const trackerOf = ({ tracker }: IngestWorkerData, archive: DeviceArchive | null): TrackerOptions =>
  archive === null ? tracker : { ...tracker, archive };

/** What only saves time must not keep a collector from starting. */
const prepare = (step: () => void, logger: Logger): void => {
  try {
    step();
  } catch (error) {
    logger.error({ err: error }, "warming up failed because of a bug: the first seconds are slower");
  }
};

const makeService = async (
  data: IngestWorkerData,
  archive: StartArchive | null,
  logger: Logger,
): Promise<IngestService> => {
  const { writerPort } = data;
  return new IngestService({
    ...data,
    tracker: trackerOf(data, archive),
    restored: restoredOf(archive, data),
    sockets: await chooseSockets(data.receive, logger),
    clock: systemClock,
    random: Math.random,
    logger,
    send: (message: BatchMessage) => writerPort.postMessage(message),
  });
};

const run = async (main: MessagePort, data: IngestWorkerData): Promise<void> => {
  const { writerPort, logLevel, worker, workers } = data;
  const ports = { main, writer: writerPort };
  const logger = createLogger(logLevel).child({ thread: workers === 1 ? "ingest" : `ingest-${worker}` });
  raisePriority(logger);
  await mapLargeBlocks();
  // of the process, so one worker does it
  const trimHeaps = worker === 0 ? await heapTrimmer() : null;
  let archive: StartArchive | null = null;
  let service: IngestService;
  try {
    archive = data.archive === null ? null : await openArchive(data.archive);
    const tracker = trackerOf(data, archive === null ? null : NO_ARCHIVE);
    prepare(() => rehearse(tracker), logger);
    service = await makeService(data, archive, logger);
    prepare(() => warmUp(tracker), logger);
  } catch (error) {
    archive?.close();
    reportFailure(main, error);
    closePorts(ports);
    return;
  }
  new IngestThread(ports, service, archive, trimHeaps).run();
};

if (parentPort === null) throw new MisuseError("ingest-worker.ts is the entry of a worker thread");
await run(parentPort, workerData as IngestWorkerData);
