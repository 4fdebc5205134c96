/* What collector and store say of themselves. All times are microseconds since the Unix epoch. */

export type { StoreStatus } from "../db/store.ts";

/** OK; UNAVAILABLE: should be up and is retried; DISABLED: by the operator; FAILED: will not come up without a change. */
export const LISTENER_STATES = ["OK", "UNAVAILABLE", "DISABLED", "FAILED"] as const;
export type ListenerState = (typeof LISTENER_STATES)[number];

/** How a socket is read: by system calls through koffi, or by node:dgram. */
export const RECEIVE_PATHS = ["native", "dgram"] as const;

export interface ListenerStatus {
  url: string;
  state: ListenerState;
  /** what it is bound to; while it is not OK why: group, interface and likely cause */
  reason: string | null;
  sinceUs: number;
  optional: boolean;
  address: string;
  /** the port bound, also when 0 was asked for */
  port: number;
  /** addresses of this host with a socket of their own beside the listener's, which a device that sends to one is asked from */
  ownSockets: readonly string[];
  group: string | null;
  interface: string | null;
  /** the one sender of a source-specific membership */
  source: string | null;
  format: string;
  /** senders of the native format are asked again for what is missing */
  recovery: boolean;
  path: string | null;
  receive: (typeof RECEIVE_PATHS)[number];
  receiveBufferRequestedBytes: number | null;
  /** as read back from the kernel, halved where the system reports twice the payload */
  receiveBufferGrantedBytes: number | null;
  /** the greatest the system grants without privileges; null where it does not say */
  receiveBufferCeilingBytes: number | null;
  /** arrival of the newest datagram since the start; null = none yet */
  lastDatagramAtUs: number | null;
  /** the newest datagram rejected for what was in it; null = none since the start */
  lastRejected: { atUs: number; source: string; reason: string } | null;
  /** datagrams the kernel dropped at its sockets; null where it cannot be read */
  kernelDrops: number | null;
  /** what waits in the socket, of several the fullest, on the scale of `receiveBufferGrantedBytes`; null where it cannot be read */
  receiveQueueBytes: number | null;
  /** the most that was found waiting, on the same scale, and milliseconds of traffic that was; 0 = nothing yet, or nobody tells */
  receiveQueuePeakBytes: number;
  receiveQueuePeakMs: number;
  counters: ListenerCounters;
}

/** `datagrams` is the sum of all the others but `bytes`, `refusedReadings`, `unusableSendTimes`, `overloads` and what begins with `nack`. Counters of this process. */
export interface ListenerCounters {
  datagrams: number;
  bytes: number;
  received: number;
  duplicates: number;
  redundant: number;
  control: number;
  unsequenced: number;
  shed: number;
  held: number;
  rejected: Readonly<Record<string, number>>;
  /** readings, not datagrams; by reason. The findings tell them; `/status` does not */
  refusedReadings: Readonly<Record<string, number>>;
  /** datagrams whose send time was not believed */
  unusableSendTimes: number;
  /** NACKs sent, their payload, and those the system refused to send */
  nacks: number;
  nackBytes: number;
  nackFailures: number;
  /** times more came than could be read, until what waited had been; the native path alone tells */
  overloads: number;
}

export interface ThreadStatus {
  name: string;
  /** stalled: it has said nothing for ten seconds */
  state: "running" | "stalled" | "stopped" | "failed";
  /** share of a processor the thread used in the last half second, [0, 1]; null = not known */
  utilization: number | null;
}

export interface QueueStatus {
  name: string;
  length: number;
  capacity: number;
  /** what the bound refused since the start */
  refused: number;
}

/** down: it brings nothing while other paths bring what it should. */
export const PATH_STATES = ["up", "down"] as const;

/** One way datagrams come by, since the start; in sequence numbers. */
export interface PathStatus {
  /** null = of the listeners without `path=` */
  path: string | null;
  /** URLs */
  listeners: readonly string[];
  state: (typeof PATH_STATES)[number];
  sinceUs: number;
  /** it should have brought: those of devices heard by it */
  expected: number;
  /** of these it brought */
  received: number;
  /** of `received`: after another path had brought them */
  redundant: number;
  /** of `received`: no other path has brought them, or not yet */
  onlyHere: number;
  /** how much later than the first copy its redundant ones came; null = there were none */
  skewMedianUs: number | null;
  skewP99Us: number | null;
}

/** What a process knows of the host it receives on, as of its start. */
export interface HostFacts {
  isContainer: boolean;
  /** IPv4 addresses but those of the loopback interface */
  addresses: readonly string[];
  /** memberships one socket may have (net.ipv4.igmp_max_memberships), every listener has one of each; null = the system does not say */
  membershipLimit: number | null;
}

export interface CollectorStatus {
  host: HostFacts;
  /** empty when all listeners are one path */
  paths: readonly PathStatus[];
  listeners: readonly ListenerStatus[];
  threads: readonly ThreadStatus[];
  queues: readonly QueueStatus[];
  reordering: {
    /** the reorder window */
    windowMs: number;
    /** numbers that came out of order, by how long after their gap was opened, microseconds; see common/log-histogram.ts */
    delays: readonly number[];
  };
}
