import type { ChannelSummary } from "../chunk/chunk-head.ts";
import type { RunPart, RunSegments, RunSpan, TimeSpan } from "../run-segments.ts";
import type { RunColumns } from "../segment/columns.ts";

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
}

/** Finds the pieces of a run. Use it within one read transaction. */
export class Pieces {
  readonly #segments: RunSegments;

  constructor(segments: RunSegments) {
    this.#segments = segments;
  }

  /** Pieces of a run that may have a datagram time or a reading time in the span, oldest segment first. */
  *of(run: RunSpan, time: TimeSpan): Generator<Piece> {
    for (const { parts } of this.#segments.touching(run, time)) {
      for (const part of parts) if (touches(part, time)) yield pieceOf(part);
    }
  }
}

const touches = (part: RunPart, { fromUs, toUs }: TimeSpan): boolean =>
  (fromUs === null || Math.max(part.lastTimeUs, part.lastReadingTimeUs) >= fromUs) &&
  (toUs === null || Math.min(part.firstTimeUs, part.firstReadingTimeUs) < toUs);

const pieceOf = (part: RunPart): Piece => ({
  datagrams: part.datagrams,
  firstTimeUs: part.firstTimeUs,
  lastTimeUs: part.lastTimeUs,
  firstReadingTimeUs: part.firstReadingTimeUs,
  lastReadingTimeUs: part.lastReadingTimeUs,
  isExact: part.chunk !== null,
  channels: part.chunk?.channels ?? null,
  columns: () => part.read(),
});
