import type { TextForm, TimeForm } from "../db/answer-texts.ts";
import type { DeviceSummary } from "../db/device-summary.ts";
import type { LatestValue, ReadingValue } from "../db/ledger-view.ts";
import type {
  Completeness,
  Division,
  EventRow,
  EventsPage,
  EventsQuery,
  GapRow,
  GapState,
  GapsPage,
  GapsQuery,
  PointsQuery,
  Position,
  RasterBlock,
  RasterDevice,
  RasterQuery,
  RasterRun,
  ReadingRow,
  ReadingsPage,
  ReadingsQuery,
  ReadingsText,
  ReceivedFound,
  ReceivedQuery,
  SeriesQuery,
  SeriesText,
} from "../db/query-types.ts";
import type { FleetCounters } from "../protocol/batch.ts";
import type { DeviceArrivals } from "../protocol/device-arrivals.ts";
import type { Downtime } from "../protocol/device-status.ts";
import type { ArrivalBin } from "../protocol/gap-row.ts";
import type { LedgerCounts, RunStorage } from "../protocol/ledger-counts.ts";
import type { Cause } from "../protocol/ledger-row.ts";

export type {
  Completeness,
  DeviceSummary,
  Division,
  EventRow,
  EventsPage,
  EventsQuery,
  GapRow,
  GapState,
  GapsPage,
  GapsQuery,
  LatestValue,
  PointsQuery,
  Position,
  RasterBlock,
  RasterDevice,
  RasterQuery,
  RasterRun,
  ReadingRow,
  ReadingsPage,
  ReadingsQuery,
  ReadingsText,
  ReadingValue,
  ReceivedFound,
  ReceivedQuery,
  SeriesQuery,
  SeriesText,
  TextForm,
  TimeForm,
};

/**
 * What the API answers from, as interfaces: the ledger in memory, a reader for what lies in the database, and the states of the parts.
 * `cli/` joins them with `db/` and `collector/`; tests give fakes. All times are microseconds since the Unix epoch.
 */
export interface Sources {
  ledger: LedgerSource;
  reader: ReaderSource;
  live: LiveSource;
  collectorStatus(): CollectorStatus;
  /** how the numbers of a device arrive, asked of the ingest worker that owns it; null = it is not in memory */
  arrivalsOf(device: string): Promise<DeviceArrivals | null>;
  storeStatus(): StoreStatus;
}

/** Commits as they happen, for the live feed. */
export interface LiveSource {
  /** the database: the feed's thread reads the committed readings itself */
  readonly file: string;
  /** number of the last committed flush */
  readonly flush: number;
  /** undefined: its device is forgotten */
  describeRun(run: number): LiveRun | undefined;
  /** One listener, told of every commit from now on. */
  listen(listener: LiveListener): void;
}

export interface LiveListener {
  committed(commit: LiveCommit): void;
  /** the store is about to close: the feed ends, its thread lets go of the database */
  closing(): Promise<void>;
}

export interface LiveCommit {
  flush: number;
  committedAtUs: number;
  /** runs that came to be in it */
  newRuns: readonly number[];
  /** numbers of devices of which channels were described, or that were forgotten */
  changedDevices: readonly number[];
  gaps: readonly LiveGap[];
}

/** Numbers that were declared lost, or that arrived after their window. */
export interface LiveGap {
  run: number;
  first: number;
  last: number;
  /** null: they are lost */
  arrival: ArrivalBin | null;
  /** they are lost with, or were absent by */
  cause: Cause;
  openedAtUs: number;
  /** when they were declared lost, or arrived */
  atUs: number;
  /** NACKs of ours that named them */
  requests: number;
}

export interface LiveRun {
  device: string;
  deviceNumber: number;
  epoch: number | null;
  index: number;
  isUnsequenced: boolean;
  /** of the described channels, by channel number */
  names: ReadonlyMap<number, string>;
}

/** The committed ledger, on this thread. Nothing it shows is not yet durable; what waits is counted `pending`. */
export interface LedgerSource {
  /** time of the last commit it contains */
  readonly asOfUs: number;
  /** number of the last flush it contains */
  readonly flush: number;
  /** when the collector last did not listen: silences do not count it; null = always on this database */
  readonly down: Downtime | null;
  readonly deviceCount: number;
  /** changes whenever a device comes or goes */
  readonly devicesVersion: number;
  deviceIds(): Iterable<string>;
  device(id: string): DeviceView | undefined;
  /** one pass over all devices; the object given is filled anew for each */
  visitDevices(visit: (summary: DeviceSummary) => void): void;
  /** sums over every run, the forgotten ones included; must not cost a pass over all devices */
  fleet(): FleetView;
}

export interface FleetView {
  counts: LedgerCounts;
  counters: Readonly<FleetCounters>;
}

export interface DeviceView {
  readonly id: string;
  /** `address:port`, IPv6 in brackets, it was last heard from */
  readonly source: string;
  /** in the order they became known */
  readonly runs: readonly RunView[];
  /** every name a channel has in some epoch: those of the current one first */
  readonly channelNames: readonly string[];
  /** Whether a channel has this name in some epoch. */
  hasChannel(name: string): boolean;
  /** names of the current epoch, unique within the device */
  readonly channels: readonly { name: string; unit: string }[];
  /** value of each channel in the newest datagram that had it: a wrong clock cannot freeze it */
  readonly latest: readonly LatestValue[];
}

export interface RunView extends RunStorage {
  /** its number in the database */
  readonly run: number;
  readonly epoch: number | null;
  /** number of the run inside its epoch */
  readonly index: number;
  /** one ROW */
  readonly row: Float64Array;
}

/** Asynchronous queries, answered off this thread. A query that still waits when `isGone` is true is given up. */
export interface ReaderSource {
  /** The device is known to exist. The text is what `writeReadings` makes, written off this thread too. */
  readingsText(query: ReadingsQuery, form: TextForm, isGone?: () => boolean): Promise<ReadingsText>;
  /** The text is what `writeSeries` makes. Null: the device has no such channel. */
  seriesText(query: SeriesQuery, time: TimeForm, isGone?: () => boolean): Promise<SeriesText | null>;
  /** The same, made by `writePoints`. */
  pointsText(query: PointsQuery, time: TimeForm, isGone?: () => boolean): Promise<SeriesText | null>;
  gaps(query: GapsQuery, isGone?: () => boolean): Promise<GapsPage>;
  received(query: ReceivedQuery, isGone?: () => boolean): Promise<ReceivedFound>;
  raster(query: RasterQuery, isGone?: () => boolean): Promise<readonly RasterDevice[]>;
  events(query: EventsQuery, isGone?: () => boolean): Promise<EventsPage>;
}

export const GAP_STATES = ["open", "lost", "filled"] as const satisfies readonly GapState[];

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
  /** datagrams the kernel dropped at this socket; null where it cannot be read */
  kernelDrops: number | null;
  /** what waits in the socket, on the scale of `receiveBufferGrantedBytes`; null where it cannot be read */
  receiveQueueBytes: number | null;
  /** the most that was found waiting, on the same scale, and milliseconds of traffic that was; 0 = nothing yet, or nobody tells */
  receiveQueuePeakBytes: number;
  receiveQueuePeakMs: number;
  counters: ListenerCounters;
}

/** `datagrams` is the sum of all the others but `bytes`, `unusableSendTimes` and what begins with `nack`. Counters of this process. */
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
  state: "running" | "stopped" | "failed";
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

export interface StoreStatus {
  path: string;
  /** FAILING: the last commit failed and is retried; FAILED: nothing more is written until a restart */
  state: "OK" | "FAILING" | "FAILED" | "CLOSED";
  /** what the last failed commit said */
  reason: string | null;
  sinceUs: number;
  schemaVersion: number;
  sizeBytes: number;
  /** bytes of the write-ahead log */
  walBytes: number;
  lastCommitUs: number | null;
  commits: number;
  commitFailures: number;
  /** seconds spent in commits since the start */
  commitSeconds: number;
  /** batches accepted and not yet committed */
  pendingBatches: number;
  segments: number;
  readingsStored: number;
  /** merges of segments into chunks since the start */
  merges: number;
  unmergedSegments: number;
  unmergedReadings: number;
  /** why nothing is merged any more; null while it is */
  mergeError: string | null;
  /** bytes flushes have put into segments since the start */
  flushedBytes: number;
  /** bytes written to the database and its log since the start; null where the system does not tell */
  writtenBytes: number | null;
}
