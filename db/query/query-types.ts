import type { ArrivalBin } from "../../protocol/arrival-bin.ts";
import type { ArrivalSet } from "../../protocol/arrival-set.ts";
import type { Cause } from "../../protocol/ledger-row.ts";
import type { Division } from "../series/grid.ts";
import type { ReadingValue } from "../view/reading-value.ts";

export type { Division };

/** Who asks, one query at a time; it is given up while it waits when its client is destroyed. A socket is one. */
export interface QueryClient {
  readonly destroyed: boolean;
  /** it has closed its side: whether it still waits for the answer nobody can tell before something is sent to it */
  readonly readableEnded: boolean;
}

/** Where a page ended: made by the reader, given back as it was. Rows that come or go meanwhile neither repeat nor hide others. */
export type Position = readonly (number | string | null)[];

export interface ReadingsQuery {
  device: string;
  /** names; empty = all */
  channels: readonly string[];
  /** by reading time, microseconds; inclusive; null = open */
  fromUs: number | null;
  /** exclusive; null = open */
  toUs: number | null;
  order: "asc" | "desc";
  limit: number;
  /** a page ends before it is longer as text, about; left out: 16 MiB */
  mostBytes?: number;
  after: Position | null;
  /** what cannot be read is left out and told (`damaged`); else it is an error */
  damage?: "tell";
}

/** Datagrams of a run that are stored together and cannot be read (db/codec/corrupt.ts). Pages may tell of the same ones. */
export interface DamagedPart {
  epoch: number | null;
  run: number;
  segment: number;
  /** between which numbers they lie, inclusive; null = not known */
  first: number | null;
  last: number | null;
  /** null = not known whether there are any, or how many of them lie in the query's span */
  count: number | null;
}

/** Readings of one datagram that share a time. */
export interface ReadingRow {
  timeUs: number;
  epoch: number | null;
  run: number;
  /** null when the datagram had no number */
  sequence: number | null;
  names: readonly string[];
  /** beside `names` */
  values: readonly ReadingValue[];
}

/** Numbers in scope (docs/ledger.md, "Words"); `unknown` = open ends (R11). */
export interface Completeness {
  expected: number;
  received: number;
  missing: number;
  lost: number;
  unknown: number;
  /** not in `received`: numbers that are here and could not be read, as far as the answer met them. Left out when there are none */
  damaged?: number;
}

export interface ReadingsPage {
  readings: readonly ReadingRow[];
  /** of the whole query, not of the page */
  completeness: Completeness;
  /** what could not be read for this page; left out when all could */
  damaged?: readonly DamagedPart[];
  next: Position | null;
}

/** UTF-8, in a buffer of its own: it is handed over to another thread. */
export type Text = Uint8Array<ArrayBuffer>;

/** A page whose readings are written out already. */
export interface ReadingsText {
  text: Text;
  completeness: Completeness;
  damaged?: readonly DamagedPart[];
  next: Position | null;
}

export interface SeriesQuery {
  device: string;
  /** name */
  channel: string;
  fromUs: number | null;
  toUs: number | null;
  /** where a span ends that has a start only and nothing stored in it */
  nowUs: number;
  division: Division;
}

/** Readings of a channel, as few as a chart needs. */
export interface PointsQuery extends Omit<SeriesQuery, "division"> {
  /** at most, 2 or more */
  points: number;
}

/** A series whose buckets or points are written out already. */
export interface SeriesText {
  unit: string;
  text: Text;
}

export type GapState = "open" | "lost" | "filled";

export interface GapsQuery {
  /** null = every device */
  device: string | null;
  state: GapState | null;
  cause: Cause | null;
  /** gaps that were open at some time in the span, microseconds; null = open */
  fromUs: number | null;
  toUs: number | null;
  /** by when the numbering became known and by number */
  order: "asc" | "desc";
  limit: number;
  after: Position | null;
}

export interface GapRow {
  device: string;
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  state: GapState;
  cause: Cause | null;
  openedAtUs: number;
  /** declared lost, or filled without that */
  closedAtUs: number | null;
  /** the last of its numbers came */
  filledAtUs: number | null;
  /** bin of its numbers; null while they are not here */
  arrival: ArrivalBin | null;
  requests: number;
}

export interface GapsPage {
  gaps: readonly GapRow[];
  next: Position | null;
}

export interface RasterQuery {
  /** those that are not known have no run */
  devices: readonly string[];
  /** numbers per block */
  size: number;
  /** newest blocks of each device */
  blocks: number;
}

/** Numbers [block x size, (block + 1) x size) of a run, where any of them is absent or came late. */
export interface RasterBlock {
  block: number;
  missing: number;
  recovered: number;
  late: number;
  /** lost, by cause */
  causes: Record<Cause, number>;
}

export interface RasterRun {
  epoch: number | null;
  run: number;
  /** of the part that is shown, inclusive */
  first: number;
  last: number;
  /** below it absent numbers can no longer be told apart, or were too many to be looked at */
  exactFrom: number;
  /** ascending; all others have come in time */
  blocks: readonly RasterBlock[];
}

export interface RasterDevice {
  device: string;
  /** oldest first */
  runs: readonly RasterRun[];
}

export interface EventsQuery {
  device: string | null;
  kind: string | null;
  fromUs: number | null;
  toUs: number | null;
  order: "asc" | "desc";
  limit: number;
  after: Position | null;
}

export interface EventRow {
  event: number;
  atUs: number;
  kind: string;
  device: string | null;
  detail: Record<string, unknown>;
}

export interface EventsPage {
  events: readonly EventRow[];
  next: Position | null;
}

export interface ReceivedQuery {
  device: string;
  /** null = all that were declared */
  epoch: number | null;
  /** epochs in the answer at most */
  limit: number;
  /** epoch at which the page before ended */
  after: number | null;
}

export interface EpochArrivals extends ArrivalSet {
  epoch: number;
}

export interface ReceivedFound {
  /** by epoch */
  epochs: EpochArrivals[];
  hasMore: boolean;
  /** of the commit they are as of, microseconds */
  asOfUs: number;
}
