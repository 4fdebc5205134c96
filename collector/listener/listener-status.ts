import type { ReceivePath } from "../receive/receiver.ts";
import type { ListenerConfig } from "./listener-url.ts";

/**
 * OK: bound and joined. UNAVAILABLE: should be up and is not (tried again when optional, or when it had been up). DISABLED: by the operator. FAILED: broken for good.
 */
export type ListenerState = "OK" | "UNAVAILABLE" | "DISABLED" | "FAILED";

/** The socket's side of a listener's status. */
export interface ListenerSocketStatus {
  url: string;
  state: ListenerState;
  reason: string;
  /** since when it is in this state: wall clock, microseconds */
  sinceUs: number;
  optional: boolean;
  kind: ListenerConfig["kind"];
  format: ListenerConfig["format"];
  recovery: boolean;
  /** as bound; the URL's own while it is not */
  address: string;
  port: number;
  /** addresses of this host with a socket of their own beside the listener's (entry.ts), which a device that sends to one is asked from */
  ownSockets: readonly string[];
  group: string | null;
  source: string | null;
  /** name of the interface joined on, as far as it is known */
  interface: string | null;
  path: string | null;
  /** how its socket is read */
  receive: ReceivePath;
  receiveBufferRequestedBytes: number;
  /** as read back, halved where the system reports twice the payload; null while there is no socket */
  receiveBufferGrantedBytes: number | null;
  /** the greatest the system grants without privileges; null where it does not say */
  receiveBufferCeilingBytes: number | null;
  /** datagrams the kernel dropped at its sockets since the start; null = the system does not tell */
  kernelDrops: number | null;
  /** what waits in its socket, of several the fullest, on the scale of `receiveBufferGrantedBytes`; null while there is none or the system does not tell */
  receiveQueueBytes: number | null;
  /** the most that was found waiting in it, on the same scale, and milliseconds of traffic that was; 0 = nothing yet, or nobody tells */
  receiveQueuePeakBytes: number;
  receiveQueuePeakMs: number;
}
