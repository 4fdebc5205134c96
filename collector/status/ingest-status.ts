import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { ListenerSocketStatus } from "../listener/listener-status.ts";
import type { PathCounts } from "../paths/path-board.ts";
import type { ListenerCounts } from "./counters.ts";

/** A listener's socket and what came by it. */
export interface ListenerStatus extends ListenerSocketStatus {
  counters: ListenerCounts;
}

export interface IngestStatus {
  /** wall clock, microseconds */
  atUs: number;
  /** the same instant by the monotonic clock, which all threads share, milliseconds */
  atMs: number;
  /** by path; empty when all listeners are one */
  paths: PathCounts[];
  /** all of them; those that another worker opens are not started here, and count what their datagrams to devices of this worker came to */
  listeners: ListenerStatus[];
  sizes: IngestSizes & HandoverSizes;
  /** arrivals out of order by how long after its gap was opened each came, microseconds; see common/log-histogram.ts */
  reorderDelays: readonly number[];
  /** as of now, ahead of the last batch */
  fleet: FleetCounters;
}

/** How many batches there are. */
export interface IngestSizes {
  /** filled now or waiting for the writer */
  batchesInUse: number;
  batchCapacity: number;
}

/** What is on its way to the workers that own it. */
export interface HandoverSizes {
  handoverBlocks: number;
  handoverCapacity: number;
  /** datagrams shed because there was no block left, 0 with one worker */
  handoverShed: number;
}
