import type { ChannelSummary } from "../chunk/chunk-head.ts";
import type { RunColumns } from "../segment/columns.ts";
import type { RunSpan } from "../view/run-extents.ts";
import type { RunPart, RunSegment, RunSegments, TimeSpan } from "./run-segments.ts";

/** Some datagrams of one run that are stored together; a query reads their columns only when what is known of them does not do. */
export interface Piece {
  datagrams: number;
  /** spans of the datagram times and of the reading times; inclusive, microseconds */
  firstTimeUs: number;
  lastTimeUs: number;
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  /** the spans are those of the run's own datagrams; else they may be wider */
  isExact: boolean;
  /** by channel; null = not known without reading the columns */
  channels: readonly ChannelSummary[] | null;
  /** valid until the columns of another piece are asked for */
  columns(): RunColumns;
  /** The same; null when they are damaged and that is told, without saying how many of them the query asks for. */
  uncounted(): RunColumns | null;
}

/** Finds the pieces of a run. Use it within one read transaction. */
export class Pieces {
  readonly #segments: RunSegments;

  constructor(segments: RunSegments) {
    this.#segments = segments;
  }

  /** Pieces of a run that may have a datagram time or a reading time in the span, oldest segment first. */
  *of(run: RunSpan, time: TimeSpan): Generator<Piece> {
    for (const found of this.#segments.touching(run, time)) {
      for (const part of found.parts) if (touches(part, time)) yield pieceOf(this.#segments, found, part);
    }
  }
}

const touches = (part: RunPart, { fromUs, toUs }: TimeSpan): boolean =>
  (fromUs === null || Math.max(part.lastTimeUs, part.lastReadingTimeUs) >= fromUs) &&
  (toUs === null || Math.min(part.firstTimeUs, part.firstReadingTimeUs) < toUs);

const pieceOf = (segments: RunSegments, found: RunSegment, part: RunPart): Piece => ({
  datagrams: part.datagrams,
  firstTimeUs: part.firstTimeUs,
  lastTimeUs: part.lastTimeUs,
  firstReadingTimeUs: part.firstReadingTimeUs,
  lastReadingTimeUs: part.lastReadingTimeUs,
  isExact: part.chunk !== null,
  channels: part.chunk?.channels ?? null,
  columns: () => part.read(),
  uncounted: () => segments.read(found, part, null),
});
