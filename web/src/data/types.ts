import type { Cause } from "../bins/bins.ts";

/** Answers of the API (docs/api.md, /openapi.json), as far as the dashboard reads them. Times are RFC 3339 texts. */

export type DeviceStatus = "online" | "stale" | "offline" | "unknown";
/** of a device's silence: that has a reason then, and is no alarm */
export type Announcement = "sleep" | "end";
export const STATUSES: readonly DeviceStatus[] = ["online", "stale", "offline", "unknown"];

export type Causes = Record<Cause, number>;

export interface Bins {
  expected: number;
  received: number;
  recovered: number;
  late: number;
  missing: number;
  lost: number;
  causes: Causes;
}

export interface Total extends Bins {
  inOrder: number;
  reordered: number;
  duplicates: number;
  unsequenced: number;
  /** of the received: what the database has not taken yet */
  pending: number;
  completeness: number | null;
  rawLoss: number | null;
  residualLoss: number | null;
}

export interface FleetLedger {
  /** `refusedReadings`: by reason */
  total: Total & { refusedReadings: Record<string, number> };
}

export interface LedgerEpoch extends Total {
  epoch: number | null;
  run: number;
  first: number | null;
  highWater: number | null;
  headKnown: boolean;
  tailKnown: boolean;
}

export interface DeviceLedger {
  total: Total;
  /** how many there are in all */
  runs: number;
  /** the newest of them, the newest last */
  epochs: LedgerEpoch[];
}

export interface FleetDevice extends Bins {
  id: string;
  status: DeviceStatus;
  announced: Announcement | null;
  lastSeen: string | null;
  rateHz: number | null;
  completeness: number | null;
}

export interface FleetList {
  asOf: string;
  total: number;
  statuses: Record<DeviceStatus, number>;
  devices: FleetDevice[];
}

export interface HistorySample extends Bins {
  time: string;
  datagrams: number;
  reordered: number;
}

export interface History {
  samples: HistorySample[];
}

export interface RasterBlock {
  block: number;
  missing: number;
  recovered: number;
  late: number;
  causes: Causes;
}

export interface RasterRun {
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  exactFrom: number;
  blocks: RasterBlock[];
}

export interface RasterDevice {
  device: string;
  runs: RasterRun[];
}

export interface Raster {
  size: number;
  devices: RasterDevice[];
}

export interface EventItem {
  event: number;
  time: string;
  kind: string;
  device: string | null;
  detail: Record<string, unknown>;
}

export interface EventList {
  events: EventItem[];
}

export interface Channel {
  name: string;
  unit: string;
}

export interface Device {
  id: string;
  status: DeviceStatus;
  announced: Announcement | null;
  firstSeen: string | null;
  lastSeen: string | null;
  source: string;
  epoch: number | null;
  channels: Channel[];
}

export interface Arrivals {
  epoch: number | null;
  /** null: nothing was heard of it lately, nothing is known */
  run: number | null;
  transit: {
    pairs: number;
    jitterSeconds: number;
    /** these three have the offset between the two clocks in them */
    meanSeconds: number;
    leastSeconds: number;
    greatestSeconds: number;
    spreadSeconds: number;
    isRelative: boolean;
  } | null;
  reordering: {
    count: number;
    greatestExtent: number;
    meanExtent: number;
    greatestDelaySeconds: number;
    /** at n - 1: numbers that were at least n-reordered */
    nReordering: number[];
  };
}

export interface Gap {
  device: string;
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  count: number;
  state: "open" | "lost" | "filled";
  cause: Cause | null;
  openedAt: string;
  closedAt: string | null;
  arrival: "reordered" | "recovered" | "late" | null;
  requests: number;
}

export interface GapList {
  gaps: Gap[];
  next: string | null;
}

export interface ReadingList {
  readings: { time: string }[];
}

export interface SeriesBucket {
  start: string;
  count: number;
  /** of these: NaN and infinities */
  nonFinite: number;
  received: number | null;
  recovered: number | null;
  late: number | null;
  expected: number | null;
  mean: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
}

export interface SeriesGap extends Omit<Gap, "device" | "state" | "arrival"> {
  /** times of the numbers before and after it */
  from: string;
  to: string;
}

/** an epoch or a run begins */
export interface SeriesStart {
  at: string;
  epoch: number | null;
  run: number;
}

export interface SeriesStarts {
  /** by time */
  starts: SeriesStart[];
  startsLeftOut: number;
}

export interface Series extends SeriesStarts {
  from: string | null;
  to: string | null;
  stepSeconds: number;
  buckets: SeriesBucket[];
  gaps: SeriesGap[];
  gapsLeftOut: number;
}
