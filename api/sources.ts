import type {
  EventsPage,
  EventsQuery,
  GapState,
  GapsPage,
  GapsQuery,
  PointsQuery,
  QueryClient,
  RasterDevice,
  RasterQuery,
  ReadingsQuery,
  ReadingsText,
  ReceivedFound,
  ReceivedQuery,
  SeriesQuery,
  SeriesText,
} from "../db/query/query-types.ts";
import type { TextForm, TimeForm } from "../db/readers/answer-texts.ts";
import type { DeviceSummary } from "../db/view/device-summary.ts";
import type { LatestValue } from "../db/view/device-view.ts";
import type { FleetView, RunOwner } from "../db/view/ledger-view.ts";
import type { RunsTotal } from "../db/view/run-totals.ts";
import type { ArrivalBin } from "../protocol/arrival-bin.ts";
import type { DeviceArrivals } from "../protocol/device-arrivals.ts";
import type { Downtime } from "../protocol/device-status.ts";
import type { RunStorage } from "../protocol/ledger-counts.ts";
import type { Cause } from "../protocol/ledger-row.ts";
import type { CollectorStatus, StoreStatus } from "./part-status.ts";

// the questions, and what is answered
export type * from "../db/query/query-types.ts";
export type { TextForm, TimeForm } from "../db/readers/answer-texts.ts";
export type { DeviceSummary } from "../db/view/device-summary.ts";
export type { LatestValue } from "../db/view/device-view.ts";
export type { FleetView, RunOwner } from "../db/view/ledger-view.ts";
export type { ReadingValue } from "../db/view/reading-value.ts";

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
  runOwner(run: number): RunOwner | undefined;
  /** the same with the names of its epoch, of which there may be many */
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

export interface LiveRun extends RunOwner {
  deviceNumber: number;
  /** of the described channels, by channel number */
  names: ReadonlyMap<number, string>;
}

/** The committed ledger, on this thread. Nothing it shows is not yet durable; what waits is counted `pending`. */
export interface LedgerSource {
  /** time of the last commit it contains */
  readonly asOfUs: number;
  /** all that arrived before is in it: whether a device speaks is known up to here, though a commit may be long in coming (`flush`, a slow disk) */
  readonly heardUntilUs: number;
  /** grows with every change, of a commit or of what waits for one that fails */
  readonly revision: number;
  /** when the collector last did not listen: silences do not count it; null = always on this database */
  readonly down: Downtime | null;
  readonly deviceCount: number;
  /** at most so many ids in their order (UTF-16 code units): those greater than `after`, which may be gone, null = the first ones; costs no pass over all */
  idsAfter(after: string | null, limit: number): string[];
  device(id: string): DeviceView | undefined;
  /**
   * a pass over the devices in the order of their ids, the object given filled anew for each: all of them, or at most `limit` with ids greater than `after`
   * (null = from the first one on); tells the id to go on after, null at the end
   */
  visitDevices(visit: (summary: DeviceSummary) => void, after?: string | null, limit?: number): string | null;
  /** sums over every run, the forgotten ones included; must not cost a pass over all devices */
  fleet(): FleetView;
}

export interface DeviceView {
  readonly id: string;
  /** numbers a second it has used lately (datagrams, where it has none); null = not known */
  readonly rateHz: number | null;
  /** `address:port`, IPv6 in brackets, it was last heard from */
  readonly source: string;
  /** in the order they became known; each is a copy, and a device may have very many */
  readonly runs: readonly RunView[];
  /** the newest first, each looked for and copied when it is asked for */
  newestRuns(): Iterable<RunView>;
  /** their numbers in the database */
  readonly runNumbers: readonly number[];
  /** what they come to; must not cost a pass over very many */
  readonly total: RunsTotal;
  /** of them the one the device is heard on: the current one, else the one heard last */
  readonly heard: RunView | undefined;
  /** Whether a channel has this name in some epoch. */
  hasChannel(name: string): boolean;
  /** names of the current epoch, unique within the device */
  readonly channels: readonly { name: string; unit: string }[];
  /** value of each channel in the newest datagram that had it: a wrong clock cannot freeze it */
  readonly latest: readonly LatestValue[];
  /** of `latest` at most, told without making it */
  readonly latestCount: number;
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

/** Asynchronous queries, answered off this thread. Those of one client are answered one after the other; what still waits is given up when it is destroyed. */
export interface ReaderSource {
  /** The device is known to exist. The text is what `writeReadings` makes, written off this thread too. */
  readingsText(query: ReadingsQuery, form: TextForm, client?: QueryClient): Promise<ReadingsText>;
  /** Every name under which a device has readings, or has announced some: those of the current epoch first. */
  channelNames(device: string, client?: QueryClient): Promise<readonly string[]>;
  /** The text is what `writeSeries` makes. Null: the device has no such channel. */
  seriesText(query: SeriesQuery, time: TimeForm, client?: QueryClient): Promise<SeriesText | null>;
  /** The same, made by `writePoints`. */
  pointsText(query: PointsQuery, time: TimeForm, client?: QueryClient): Promise<SeriesText | null>;
  gaps(query: GapsQuery, client?: QueryClient): Promise<GapsPage>;
  received(query: ReceivedQuery, client?: QueryClient): Promise<ReceivedFound>;
  raster(query: RasterQuery, client?: QueryClient): Promise<readonly RasterDevice[]>;
  events(query: EventsQuery, client?: QueryClient): Promise<EventsPage>;
}

export const GAP_STATES = ["open", "lost", "filled"] as const satisfies readonly GapState[];
