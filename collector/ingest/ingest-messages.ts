import type { MessagePort } from "node:worker_threads";
import type { LogLevel } from "../../common/logger.ts";
import type { EventKind, Restored } from "../../protocol/batch.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import type { ExchangeEnds } from "../handover/exchange.ts";
import type { ListenerConfig } from "../listener/listener-url.ts";
import type { ReceiveChoice } from "../receive/receiver.ts";
import type { IngestStatus } from "../status/ingest-status.ts";
import type { DeviceArchive, TrackerOptions } from "../tracker/types.ts";

/** A module that opens a `StartArchive` inside the ingest worker: functions do not travel between threads, the name of a module does. */
export interface ArchiveModule {
  /** URL of a module that exports `openArchive` */
  url: string;
  /** handed to `openArchive` as it is */
  options: unknown;
}
export interface ArchiveExports {
  openArchive(options: unknown): StartArchive;
}
/** The database as an ingest worker sees it. */
export interface StartArchive extends DeviceArchive {
  /**
   * What a start goes on from; of more than `most` devices those heard last are restored, the others left out.
   * @param owns - whether a device is this worker's; default all are
   */
  restored(most: number, owns?: (id: string) => boolean): Restored;
  /** Nothing is read any more. */
  close(): void;
}

/** What an ingest worker is started with. */
export interface IngestWorkerData {
  /** index of the worker, of so many */
  worker: number;
  workers: number;
  /** to and from the others; null = there are none */
  exchange: ExchangeEnds | null;
  /** of each listener: the worker that opens it */
  homes: number[];
  /** of all workers */
  listeners: ListenerConfig[];
  tracker: TrackerOptions;
  poolBatches: number;
  batchMs: number;
  receive: ReceiveChoice;
  /** BatchMessage out, BatchReturn and TablesReach in */
  writerPort: MessagePort;
  /** null = an empty database, and nothing to read back */
  archive: ArchiveModule | null;
  logLevel: LogLevel;
}

/**
 * From the main thread to a worker: after `restored` of all workers `begin` to all, then `listen` to one after the other. Each is answered by
 * `done`, in order; `listen`, instead of that, by `failed`.
 */
export type IngestCommand =
  /** listening begins now; @see Ingest.start */
  | { command: "begin"; lastArrivalUs: number }
  /** open these listeners */
  | { command: "listen"; listeners: number[] }
  /** have one more socket for a listener that is up, maybe at another worker; `local` is the number of the address (entry.ts) */
  | { command: "share"; listener: number; address: string; port: number; local: number }
  /** store the event */
  | { command: "event"; kind: EventKind; detail: Record<string, unknown> }
  /** how the numbers of a device arrive: answered by `arrivals`, whatever else is under way */
  | { command: "arrivals"; query: number; id: string }
  | { command: "stop" }
  /** the start failed: close everything, store nothing */
  | { command: "abandon" };

/** A worker's status and what its thread has cost by then. */
export interface WorkerFigures {
  status: IngestStatus;
  /** CPU time of the thread since it began, microseconds */
  cpuUs: number;
}

/** From a worker to the main thread. `status` comes twice a second without having been asked for. */
export type IngestReport =
  | { report: "restored"; lastArrivalUs: number }
  | { report: "failed"; code: string; message: string }
  | { report: "status"; figures: WorkerFigures }
  /** null = the device is not in this worker's memory */
  | { report: "arrivals"; query: number; arrivals: DeviceArrivals | null }
  | { report: "done"; figures: WorkerFigures; isLast: boolean };
