import { datagramsOf } from "../directory.ts";
import type { Sqlite, Statement } from "../open.ts";
import type { QueryBudget } from "../query-budget.ts";
import type { RunSegments, RunSpan, TimeSpan } from "../run-segments.ts";
import type { RunColumns } from "../segment/columns.ts";

/** Readings of one channel in a piece. */
export interface ChannelSummary {
  channel: number;
  /** finite values: what min, max and sum are about */
  count: number;
  nonFinite: number;
  min: number;
  max: number;
  sum: number;
}

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
  columns(): RunColumns | null;
}

interface SegmentRow {
  segment: number;
  first_time: number;
  last_time: number;
  first_reading_time: number;
  last_reading_time: number;
}

const FAR = Number.MAX_SAFE_INTEGER;
/** columns of a query that are kept for its second pass */
const KEPT_BYTES = 8 * 2 ** 20;

/** Finds the pieces of a run, within a query's budget. Use it within one read transaction. */
export class Pieces {
  readonly #segments: RunSegments;
  readonly #budget: QueryBudget;
  readonly #inSpan: Statement;
  readonly #directory: Statement;

  constructor(db: Sqlite, segments: RunSegments, budget: QueryBudget) {
    this.#segments = segments;
    this.#budget = budget;
    this.#inSpan = db.prepare(
      `SELECT segment, first_time, last_time, first_reading_time, last_reading_time FROM segments
       WHERE last_arrival >= ? AND first_arrival <= ?
         AND max(last_time, last_reading_time) >= ? AND min(first_time, first_reading_time) < ?`,
    );
    this.#directory = db.prepare("SELECT directory FROM segment_data WHERE segment = ?").pluck();
  }

  /** Pieces of a run that may have a datagram time or a reading time in the span, oldest segment first. */
  *of(run: RunSpan, { fromUs, toUs }: TimeSpan): Generator<Piece> {
    const rows = this.#inSpan.all(run.firstArrivalUs, run.lastArrivalUs, fromUs ?? -FAR, toUs ?? FAR);
    let keptBytes = 0;
    for (const row of rows as SegmentRow[]) {
      this.#budget.checkTime();
      const datagrams = datagramsOf(this.#directory.get(row.segment) as Buffer, run.run);
      if (datagrams === 0) continue;
      let kept: RunColumns | null | undefined;
      yield {
        datagrams,
        firstTimeUs: row.first_time,
        lastTimeUs: row.last_time,
        firstReadingTimeUs: row.first_reading_time,
        lastReadingTimeUs: row.last_reading_time,
        isExact: false,
        channels: null,
        columns: () => {
          if (kept !== undefined) return kept;
          const columns = this.#segments.read(row.segment, run.run);
          keptBytes += bytesOf(columns);
          if (keptBytes < KEPT_BYTES) kept = columns;
          return columns;
        },
      };
    }
  }
}

/** Of the buffers that columns keep in memory: a tiny run's are part of its whole segment's. */
const bytesOf = (columns: RunColumns | null): number =>
  columns === null ? 0 : 3 * columns.sequence.buffer.byteLength + 3 * columns.value.buffer.byteLength;
