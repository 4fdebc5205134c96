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

/** A merged segment but for most of its pages, which went ahead of it. Times in microseconds. */
export interface MergeResult {
  /** the last pages, whole ones but for the very last */
  rest: Uint8Array<ArrayBuffer>;
  runs: number;
  datagrams: number;
  readings: number;
  firstTimeUs: number;
  lastTimeUs: number;
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  /** of the data in the pages */
  dataBytes: number;
  heads: readonly HeadsRow[];
  headsBytes: number;
  /** runs with numbers at or below those of older segments: the run and its lowest number here, in turn */
  late: readonly number[];
}
