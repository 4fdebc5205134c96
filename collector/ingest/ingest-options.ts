import type { BatchMessage, Restored } from "../../protocol/batch.ts";
import type { Format } from "../../protocol/decode.ts";
import type { BatchPool } from "../batch/batch-pool.ts";
import type { Exchange } from "../handover/exchange.ts";
import type { RecoveryOptions } from "../recovery/recovery.ts";
import type { Tracker } from "../tracker/tracker.ts";
import type { TrackerOptions, TrackerSink } from "../tracker/types.ts";

export interface IngestOptions {
  /** what each listener's datagrams are decoded as, by its index */
  formats: readonly Format[];
  /** the one sender each listener may hear, null = any; default any */
  sources?: readonly (string | null)[];
  tracker: TrackerOptions;
  pool: BatchPool;
  restored: Restored;
  /** a batch is handed over when it is full or this long after its first change */
  batchMs: number;
  /** to and from the workers that own the other devices; null = this one owns all */
  exchange?: Pick<Exchange, "otherOwnerOf" | "pass" | "listenerBreak"> | null;
  /** index of the worker; default 0 */
  worker?: number;
  /** whether and how devices are asked again; none is without it */
  recovery?: Pick<RecoveryOptions, "listeners" | "random" | "send">;
  /** takes a sealed batch; its buffer is the receiver's until `takeBack` */
  send(message: BatchMessage): void;
  /** met while a datagram was worked on: its device cannot be read back from the database, or a bug. The datagram is counted, the process goes on */
  onError(reason: "database-error" | "internal-error", error: unknown): void;
  /** the tracker, unless a test brings its own */
  createTracker?(options: TrackerOptions, sink: TrackerSink): Tracker;
}
