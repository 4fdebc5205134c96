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
  columns(): RunColumns;
}

/** columns of a query that are kept for its second pass */
const KEPT_BYTES = 8 * 2 ** 20;

/** Finds the pieces of a run. Use it within one read transaction. */
export class Pieces {
  readonly #segments: RunSegments;

  constructor(segments: RunSegments) {
    this.#segments = segments;
  }

  /** Pieces of a run that may have a datagram time or a reading time in the span, oldest segment first. */
  *of(run: RunSpan, time: TimeSpan): Generator<Piece> {
    const kept = { bytes: 0 };
    for (const { parts } of this.#segments.touching(run, time)) {
      for (const part of parts) if (touches(part, time)) yield pieceOf(part, kept);
    }
  }
}

const touches = (part: RunPart, { fromUs, toUs }: TimeSpan): boolean =>
  (fromUs === null || Math.max(part.lastTimeUs, part.lastReadingTimeUs) >= fromUs) &&
  (toUs === null || Math.min(part.firstTimeUs, part.firstReadingTimeUs) < toUs);

const pieceOf = (part: RunPart, kept: { bytes: number }): Piece => {
  let columns: RunColumns | undefined;
  return {
    datagrams: part.datagrams,
    firstTimeUs: part.firstTimeUs,
    lastTimeUs: part.lastTimeUs,
    firstReadingTimeUs: part.firstReadingTimeUs,
    lastReadingTimeUs: part.lastReadingTimeUs,
    isExact: part.chunk !== null,
    channels: part.chunk?.channels ?? null,
    columns: () => {
      if (columns !== undefined) return columns;
      const read = part.read();
      kept.bytes += bytesOf(read);
      if (kept.bytes < KEPT_BYTES) columns = read;
      return read;
    },
  };
};

/** Of the buffers that columns keep in memory: a tiny run's are part of its whole segment's. */
const bytesOf = (columns: RunColumns): number =>
  3 * columns.sequence.buffer.byteLength + 3 * columns.value.buffer.byteLength;
