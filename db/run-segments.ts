import { datagramsOf } from "./directory.ts";
import type { Sqlite, Statement } from "./open.ts";
import type { QueryBudget } from "./query-budget.ts";
import type { RunColumns } from "./segment/columns.ts";
import { SegmentReader } from "./segment/segment-reader.ts";

/** A run to read, and the arrivals between which it was heard (microseconds). */
export interface RunSpan {
  run: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
}

/** A span of time; microseconds, from inclusive, to exclusive, null = open. */
export interface TimeSpan {
  fromUs: number | null;
  toUs: number | null;
}

export interface RunSegment {
  segment: number;
  /** datagrams of the run in it */
  datagrams: number;
  /** it holds only numbers above those of every older segment */
  isAhead: boolean;
}

/** few enough that a query for the newest rows looks at few of them */
const SEGMENTS_AT_ONCE = 64;
const FAR = Number.MAX_SAFE_INTEGER;
const MAX_CACHED_STATEMENTS = 64;

/** Finds and reads the segments of one run, each read as late as can be, within a query's budget. Use it within one read transaction. */
export class RunSegments {
  readonly #db: Sqlite;
  readonly #statements = new Map<string, Statement>();
  readonly #budget: QueryBudget;

  constructor(db: Sqlite, budget: QueryBudget) {
    this.#db = db;
    this.#budget = budget;
  }

  /**
   * Segments with datagrams of the run whose reading times touch the span, oldest or newest first.
   * @param from - the segment to begin with; null = the first in that order
   */
  *inOrder(span: RunSpan, time: TimeSpan, order: "asc" | "desc", from: number | null): Generator<RunSegment> {
    const isDescending = order === "desc";
    const statement = this.#prepare(
      `SELECT segment FROM segments
       WHERE last_arrival >= ? AND first_arrival <= ? AND last_reading_time >= ? AND first_reading_time < ?
         AND segment ${isDescending ? "<=" : ">="} ? ORDER BY segment ${isDescending ? "DESC" : "ASC"} LIMIT ${SEGMENTS_AT_ONCE}`,
    ).pluck();
    const bounds = [span.firstArrivalUs, span.lastArrivalUs, time.fromUs ?? -FAR, time.toUs ?? FAR];
    let next = from ?? (isDescending ? FAR : 0);
    for (;;) {
      this.#budget.checkTime();
      const numbers = statement.all(...bounds, next) as number[];
      for (const segment of numbers) {
        const datagrams = this.#datagrams(segment, span.run);
        if (datagrams > 0) yield { segment, datagrams, isAhead: !this.#isLate(segment, span.run) };
      }
      if (numbers.length < SEGMENTS_AT_ONCE) return;
      next = numbers.at(-1)! + (isDescending ? -1 : 1);
    }
  }

  /** Newer segments that reach back to `sequence` or below: the only ones whose numbers can be lower than one in an older segment. */
  reachingBack(span: RunSpan, segment: number, sequence: number): number[] {
    return this.#prepare(
      "SELECT segment FROM late_segments WHERE run_no = ? AND segment > ? AND reach <= ? ORDER BY segment",
    )
      .pluck()
      .all(span.run, segment, sequence) as number[];
  }

  /** The run's datagrams in a segment; null when a retention step removed the segment. */
  read(segment: number, run: number): RunColumns | null {
    const blob = this.#prepare("SELECT data FROM segment_data WHERE segment = ?").pluck().get(segment) as
      | Buffer
      | undefined;
    this.#budget.checkTime();
    const columns = blob === undefined ? null : new SegmentReader(blob).readRun(run);
    this.#budget.spend(columns?.readingCount ?? 0);
    return columns;
  }

  #datagrams(segment: number, run: number): number {
    const directory = this.#prepare("SELECT directory FROM segment_data WHERE segment = ?")
      .pluck()
      .get(segment) as Buffer | undefined;
    return directory === undefined ? 0 : datagramsOf(directory, run);
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
      if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
