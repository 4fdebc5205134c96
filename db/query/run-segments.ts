import { releaseBytes } from "../../common/release-bytes.ts";
import { ChunkStore, type StoredChunk } from "../chunk/chunk-store.ts";
import { inSegment, SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import type { RunColumns } from "../segment/columns.ts";
import { datagramsOf } from "../segment/directory.ts";
import { GrowingColumns } from "../segment/growing-columns.ts";
import { SegmentCache } from "../segment/segment-cache.ts";
import type { SegmentReader } from "../segment/segment-reader.ts";
import { RunExtents, type RunSpan } from "../view/run-extents.ts";
import type { QueryBudget } from "./query-budget.ts";

/** A span of time; microseconds, from inclusive, to exclusive, null = open. */
export interface TimeSpan {
  fromUs: number | null;
  toUs: number | null;
}

/** A segment with datagrams of a run. */
export interface RunSegment {
  segment: number;
  run: number;
  /** datagrams of the run in it */
  datagrams: number;
  /** it holds only numbers above those of every older segment */
  isAhead: boolean;
  /** what is read at once; ascending by sequence number and, within the segment, not overlapping */
  parts: readonly RunPart[];
}

/** What of a run cannot be read; see `DamagedPart`. */
export interface DamagedDatagrams {
  run: number;
  segment: number;
  first: number | null;
  last: number | null;
  count: number | null;
}

/** Datagrams of a run that are stored together: a chunk, or what one flush has of the run. Spans are inclusive, microseconds. */
export interface RunPart {
  datagrams: number;
  firstTimeUs: number;
  lastTimeUs: number;
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  /** the head says it all of these very datagrams; null for a flush: the times are those of the whole segment */
  chunk: StoredChunk | null;
  /** decode them, ascending by sequence number: valid until the next part is read */
  read(): RunColumns;
}

interface SegmentRow {
  segment: number;
  chunkSet: number;
  firstPage: number;
  firstTimeUs: number;
  lastTimeUs: number;
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
}

/** few enough that a query for the newest rows looks at few of them */
const SEGMENTS_AT_ONCE = 16;
const FAR = Number.MAX_SAFE_INTEGER;
/** 2 MiB of columns */
const MOST_KEPT_READINGS = 65_536;
const COLUMNS = `segment, chunk_set AS chunkSet, first_page AS firstPage, first_time AS firstTimeUs, last_time AS lastTimeUs,
  first_reading_time AS firstReadingTimeUs, last_reading_time AS lastReadingTimeUs`;

/** Finds and reads the segments of one run, each read as late as can be, within a query's budget. Use it within one read transaction. */
export class RunSegments {
  readonly #db: Sqlite;
  readonly #chunks: ChunkStore;
  /** by their text: one for each place that asks */
  readonly #statements = new Map<string, Statement>();
  readonly #budget: QueryBudget;
  readonly #extents: RunExtents;
  readonly #flushes = new SegmentCache();
  #columns = new GrowingColumns();
  #damaged: DamagedDatagrams[] | null = null;

  constructor(db: Sqlite, budget: QueryBudget) {
    this.#db = db;
    this.#budget = budget;
    this.#chunks = new ChunkStore(db);
    this.#extents = new RunExtents(db);
  }

  /** A query begins. @param tellsDamage - segments of which it cannot be said what they hold are left out; otherwise they are an error */
  begin(tellsDamage: boolean): void {
    this.#damaged = tellsDamage ? [] : null;
  }

  /** What the query could not read so far. */
  get damaged(): readonly DamagedDatagrams[] {
    return this.#damaged ?? [];
  }

  /**
   * A part's datagrams; null when they are damaged and that is told.
   * @param count - how many of them the query asks for; null = not known without reading them
   * @throws SegmentCorruptError
   */
  read({ segment, run }: RunSegment, part: RunPart, count: number | null): RunColumns | null {
    try {
      return part.read();
    } catch (error) {
      const { chunk } = part;
      const first = chunk?.firstSequence ?? null;
      const last = chunk?.lastSequence ?? null;
      this.#tellDamage(error, { run, segment, first, last, count });
      return null;
    }
  }

  /**
   * Segments with datagrams of the run whose reading times touch the span, oldest or newest first.
   * @param from - a segment to begin with, which may have been merged into another since; null = the first in that order
   */
  *inOrder(span: RunSpan, time: TimeSpan, order: "asc" | "desc", from: number | null): Generator<RunSegment> {
    const isDescending = order === "desc";
    const statement = this.#prepare(
      `SELECT ${COLUMNS} FROM segments
       WHERE segment >= ? AND first_segment <= ? AND last_reading_time >= ? AND first_reading_time < ?
       ORDER BY segment ${isDescending ? "DESC" : "ASC"} LIMIT ${SEGMENTS_AT_ONCE}`,
    );
    const times = [time.fromUs ?? -FAR, time.toUs ?? FAR];
    // where the run begins is looked for from the oldest segment on: the newest rows are often found before that matters
    let first = isDescending ? 0 : (from ?? this.#extents.firstOf(span));
    let last = isDescending ? (from ?? this.#extents.lastOf(span)) : this.#extents.lastOf(span);
    let former: number | null = null;
    for (let isFirst = true; ; isFirst = false) {
      this.#budget.checkTime();
      if (isDescending && !isFirst && first === 0) first = this.#extents.firstOf(span);
      const rows = statement.all(first, last, ...times) as SegmentRow[];
      for (const row of rows) {
        // a page of the table in the place of another one: who goes on behind the last row would go in a circle
        if (former !== null && row.segment > former === isDescending)
          throw new SegmentCorruptError(
            `segment ${row.segment} of the database lies behind segment ${former}`,
          );
        former = row.segment;
        const found = this.#find(row, span.run);
        if (found.datagrams > 0) yield found;
      }
      if (rows.length < SEGMENTS_AT_ONCE) return;
      if (isDescending) last = rows.at(-1)!.segment - 1;
      else first = rows.at(-1)!.segment + 1;
    }
  }

  /** Newer segments that reach back to `sequence` or below: the only ones whose numbers can be lower than one in an older segment. */
  reachingBack(span: RunSpan, segment: number, sequence: number): RunSegment[] {
    const rows = this.#prepare(
      `SELECT ${COLUMNS} FROM segments WHERE segment IN
         (SELECT segment FROM late_segments WHERE run_no = ? AND segment > ? AND reach <= ?) ORDER BY segment`,
    ).all(span.run, segment, sequence) as SegmentRow[];
    return rows.map((row) => this.#find(row, span.run)).filter(({ datagrams }) => datagrams > 0);
  }

  /** Segments that may have a datagram time or a reading time of the run in the span, oldest first. */
  *touching(span: RunSpan, { fromUs, toUs }: TimeSpan): Generator<RunSegment> {
    const rows = this.#prepare(
      `SELECT ${COLUMNS} FROM segments WHERE segment >= ? AND first_segment <= ?
         AND max(last_time, last_reading_time) >= ? AND min(first_time, first_reading_time) < ? ORDER BY segment`,
    ).all(
      this.#extents.firstOf(span),
      this.#extents.lastOf(span),
      fromUs ?? -FAR,
      toUs ?? FAR,
    ) as SegmentRow[];
    for (const row of rows) {
      this.#budget.checkTime();
      const found = this.#find(row, span.run);
      if (found.datagrams > 0) yield found;
    }
  }

  #find(row: SegmentRow, run: number): RunSegment {
    const { segment } = row;
    const parts = this.#partsOf(row, run);
    const datagrams = parts.reduce((sum, part) => sum + part.datagrams, 0);
    const isLate = (): boolean => this.#isLate(segment, run);
    return {
      segment,
      run,
      datagrams,
      parts,
      get isAhead() {
        return !isLate();
      },
    };
  }

  #partsOf(row: SegmentRow, run: number): RunPart[] {
    const { segment, chunkSet } = row;
    try {
      return inSegment(segment, () =>
        chunkSet > 0 ? this.#chunkParts(row, run) : this.#flushParts(row, run),
      );
    } catch (error) {
      this.#tellDamage(error, { run, segment, first: null, last: null, count: null });
      return [];
    }
  }

  /** Rethrows what is no damage, or is not to be told. A query may meet the same part twice. */
  #tellDamage(error: unknown, part: DamagedDatagrams): void {
    if (this.#damaged === null || !(error instanceof SegmentCorruptError)) throw error;
    const isTold = this.#damaged.some(
      ({ run, segment, first }) => run === part.run && segment === part.segment && first === part.first,
    );
    if (!isTold) this.#damaged.push(part);
  }

  #chunkParts(row: SegmentRow, run: number): RunPart[] {
    return this.#chunks.chunksOf(row, run).map((chunk) => ({
      datagrams: chunk.datagrams,
      firstTimeUs: chunk.firstTimeUs,
      lastTimeUs: chunk.lastTimeUs,
      firstReadingTimeUs: chunk.firstReadingTimeUs,
      lastReadingTimeUs: chunk.lastReadingTimeUs,
      chunk,
      read: () => this.#spend(inSegment(row.segment, () => this.#chunks.read(chunk, this.#reusable()))),
    }));
  }

  #flushParts({ segment, ...times }: SegmentRow, run: number): RunPart[] {
    const datagrams = this.#flushes.get(segment)?.datagramsOf(run) ?? this.#countOf(segment, run);
    if (datagrams === 0) return [];
    return [
      {
        ...times,
        datagrams,
        chunk: null,
        read: () => this.#spend(inSegment(segment, () => this.#readFlush(segment, run))),
      },
    ];
  }

  #readFlush(segment: number, run: number): RunColumns {
    const columns = (this.#flushes.get(segment) ?? this.#loadFlush(segment)).readRun(run, this.#reusable());
    if (columns === null) throw new SegmentCorruptError("a segment lacks a run of its directory");
    return columns;
  }

  /** One part is looked at after the other: they share columns, which a large one does not leave large. */
  #reusable(): GrowingColumns {
    if (this.#columns.value.length > MOST_KEPT_READINGS) this.#columns = new GrowingColumns();
    return this.#columns;
  }

  #loadFlush(segment: number): SegmentReader {
    const blob = this.#prepare("SELECT data FROM flushes WHERE flush = ?").pluck().get(segment);
    return this.#flushes.add(segment, blob as Buffer);
  }

  /** What a segment's directory says of a run. */
  #countOf(segment: number, run: number): number {
    const statement = this.#prepare("SELECT directory FROM flushes WHERE flush = ?").pluck();
    const directory = statement.get(segment) as Buffer;
    const datagrams = datagramsOf(directory, run);
    releaseBytes(directory);
    return datagrams;
  }

  #spend(columns: RunColumns): RunColumns {
    this.#budget.checkTime();
    this.#budget.spend(columns.readingCount);
    return columns;
  }

  #isLate(segment: number, run: number): boolean {
    return (
      this.#prepare("SELECT 1 FROM late_segments WHERE segment = ? AND run_no = ?").get(segment, run) !==
      undefined
    );
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
