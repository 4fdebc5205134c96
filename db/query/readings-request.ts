import type { NamedRun, PackedRuns } from "../view/packed-runs.ts";
import type { Position } from "./query-types.ts";
import type { TimeSpan } from "./run-segments.ts";

/** A readings query with device and channel names already resolved. */
export interface ReadingsRequest extends TimeSpan {
  /** runs of the device, in the order they became known */
  runs: readonly NamedRun[];
  /** the device's different ones */
  descriptions: readonly { place: number; channel: number; name: string }[];
  /** names; empty = all */
  channels: readonly string[];
  order: "asc" | "desc";
  limit: number;
  /** a page ends before it is longer as text, about; it has one row at least */
  mostBytes: number;
  after: Position | null;
  damage?: "tell";
}

/** The same on its way to a reader's thread. */
export interface PackedReadings extends Omit<ReadingsRequest, "runs"> {
  runs: PackedRuns;
}

/**
 * What a page has as text at most, about. Ten thousand rows of a usual device are far below it; of one with 1,024 channels they were 250 MB of text,
 * and four times that as objects.
 */
export const MOST_PAGE_BYTES = 16 * 2 ** 20;
