import type { HeadsRow } from "../chunk/heads-row.ts";

/** A segment as merging sees it: its row of `segments`. Times in microseconds. */
export interface SegmentRow {
  segment: number;
  level: number;
  firstSegment: number;
  /** 0 at level 0 */
  chunkSet: number;
  firstPage: number;
  pages: number;
  runs: number;
  datagrams: number;
  readings: number;
  bytes: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
  committedAtUs: number;
  /** the segment before it is settled or it is the first: nothing older is merged with it */
  followsSettled: boolean;
}

/** Neighbouring segments, oldest first, and where to put what becomes of them. */
export interface MergeTask {
  inputs: readonly SegmentRow[];
  chunkSet: number;
  firstPage: number;
}

/** A part of a merged segment that goes ahead of it. */
export interface MergeLot {
  /** whole pages; in the last lot of all the very last one may be short */
  pages: Uint8Array<ArrayBuffer>;
  heads: readonly HeadsRow[];
}

/** A merged segment but for the lots that went ahead of it. Times in microseconds. */
export interface MergeResult {
  rest: MergeLot;
  runs: number;
  datagrams: number;
  readings: number;
  firstTimeUs: number;
  lastTimeUs: number;
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  /** of the data in the pages */
  dataBytes: number;
  /** of all rows of heads */
  headsBytes: number;
  /** runs with numbers at or below those of older segments: the run and its lowest number here, in turn */
  late: readonly number[];
}
