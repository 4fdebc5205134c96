import type { MessagePort } from "node:worker_threads";
import type { LogLevel } from "../common/logger.ts";
import type { Restored } from "../protocol/batch.ts";
import type { IngestStatus } from "./ingest-service.ts";
import type { ListenerConfig } from "./listener-url.ts";
import type { ReceiveChoice } from "./receive/receiver.ts";
import type { DeviceArchive, TrackerOptions } from "./tracker/types.ts";

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
  /** what a start goes on from; of more than `most` devices those heard last are restored, the others left out */
  restored(most: number): Restored;
}

/** What an ingest worker is started with. */
export interface IngestWorkerData {
  listeners: ListenerConfig[];
  tracker: TrackerOptions;
  poolBatches: number;
  batchMs: number;
  receive: ReceiveChoice;
  /** BatchMessage out, BatchReturn in */
  writerPort: MessagePort;
  /** null = an empty database, and nothing to read back */
  archive: ArchiveModule | null;
  logLevel: LogLevel;
}

/** From the main thread to the worker. */
export type IngestCommand = { command: "status" } | { command: "stop" };

/** From the worker to the main thread. `status` comes twice a second and for each command of that name. */
export type IngestReport =
  | { report: "started"; status: IngestStatus }
  | { report: "start-failed"; code: string; message: string }
  | { report: "status"; status: IngestStatus; isAnswer: boolean }
  | { report: "stopped"; status: IngestStatus };
