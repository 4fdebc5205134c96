import { CHUNK_PAGE_BYTES } from "../chunk/chunk-pages.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import type { MergeLot, MergeResult, SegmentRow } from "./merge-task.ts";

/** A chunk set of which rows are left that belong to no segment: pages [firstPage, endPage). */
export interface Leftover {
  chunkSet: number;
  firstPage: number;
  endPage: number;
}

/** The SQL of merging; everything that writes runs inside the caller's transaction. */
export class MergeStatements {
  readonly #db: Sqlite;
  readonly #page: Statement;
  readonly #heads: Statement;
  readonly #segment: Statement;
  readonly #late: Statement;
  readonly #keepLeftover: Statement;
  readonly #forgetLeftover: Statement;
  readonly #leftovers: Statement;
  readonly #between: Statement;
  readonly #dropMerged: Statement;
  readonly #dropFlush: Statement;
  readonly #emptyNewest: Statement;
  readonly #dropLate: Statement;
  readonly #sweepHeads: Statement;
  readonly #sweepPages: Statement;

  constructor(db: Sqlite) {
    this.#db = db;
    this.#page = db.prepare("INSERT INTO chunk_pages VALUES (?, ?)");
    this.#heads = db.prepare("INSERT INTO chunk_heads VALUES (?, ?, ?, ?)");
    this.#segment = db.prepare(
      `INSERT INTO merged_segments VALUES (@segment, @level, @committedAtUs, @runs, @datagrams, @readings, @firstTimeUs, @lastTimeUs,
         @firstReadingTimeUs, @lastReadingTimeUs, @firstArrivalUs, @lastArrivalUs, @bytes, @firstSegment, @chunkSet, @firstPage, @pages, @isSettled)`,
    );
    this.#late = db.prepare("INSERT INTO late_segments VALUES (?, ?, ?)");
    this.#keepLeftover = db.prepare("INSERT OR REPLACE INTO leftovers VALUES (?, ?, ?)");
    this.#forgetLeftover = db.prepare("DELETE FROM leftovers WHERE chunk_set = ?");
    this.#leftovers = db.prepare(
      "SELECT chunk_set AS chunkSet, first_page AS firstPage, end_page AS endPage FROM leftovers",
    );
    this.#between = db.prepare("SELECT count(*) FROM segments WHERE segment BETWEEN ? AND ?").pluck();
    this.#dropMerged = db.prepare("DELETE FROM merged_segments WHERE segment = ?");
    this.#dropFlush = db.prepare("DELETE FROM flushes WHERE flush = ?");
    this.#emptyNewest = db.prepare(
      `UPDATE flushes SET runs = 0, datagrams = 0, readings = 0, bytes = 0, directory = x'', data = x'', changes = x''
       WHERE flush = ? AND flush = (SELECT max(flush) FROM flushes)`,
    );
    this.#dropLate = db.prepare("DELETE FROM late_segments WHERE segment = ?");
    this.#sweepHeads = db.prepare(
      `DELETE FROM chunk_heads WHERE (chunk_set, run_no, part) IN
         (SELECT chunk_set, run_no, part FROM chunk_heads WHERE chunk_set = ? LIMIT ?)`,
    );
    this.#sweepPages = db.prepare("DELETE FROM chunk_pages WHERE page >= ? AND page < ?");
  }

  /** Segments that may still be merged, oldest first. */
  unsettled(): SegmentRow[] {
    const rows = this.#db
      .prepare(
        `SELECT segment, level, first_segment AS firstSegment, chunk_set AS chunkSet, first_page AS firstPage, pages, runs, datagrams,
           readings, bytes, first_arrival AS firstArrivalUs, last_arrival AS lastArrivalUs, committed_at AS committedAtUs, followsSettled
         FROM (SELECT *, lag(is_settled, 1, 1) OVER (ORDER BY segment) AS followsSettled FROM segments)
         WHERE is_settled = 0 ORDER BY segment`,
      )
      .all() as (Omit<SegmentRow, "followsSettled"> & { followsSettled: number })[];
    return rows.map((row) => ({ ...row, followsSettled: row.followsSettled === 1 }));
  }

  /** Whether the newest segment may not be merged any more; true when there is none. */
  newestIsSettled(): boolean {
    const newest = this.#db
      .prepare("SELECT is_settled FROM segments ORDER BY segment DESC LIMIT 1")
      .pluck()
      .get();
    return newest !== 0;
  }

  /** Segments that lie at or between two flushes, as far as they begin there. */
  segmentsBetween(first: number, last: number): number {
    return this.#between.get(first, last) as number;
  }

  /** How many segments there are, and readings in them. */
  sums(): { segments: number; readings: number } {
    return this.#db
      .prepare("SELECT count(*) AS segments, ifnull(sum(readings), 0) AS readings FROM segments")
      .get() as { segments: number; readings: number };
  }

  /** Numbers above all that are in use. */
  next(): { nextSet: number; nextPage: number } {
    return this.#db
      .prepare(
        `SELECT max((SELECT ifnull(max(chunk_set), 0) FROM merged_segments), (SELECT ifnull(max(chunk_set), 0) FROM leftovers)) + 1 AS nextSet,
           max((SELECT ifnull(max(first_page + pages), 1) FROM merged_segments), (SELECT ifnull(max(end_page), 1) FROM leftovers)) AS nextPage`,
      )
      .get() as { nextSet: number; nextPage: number };
  }

  /** Insert what belongs to a chunk set, its pages from `firstPage` on. */
  insert(chunkSet: number, firstPage: number, { pages, heads }: MergeLot): void {
    for (let at = 0, page = firstPage; at < pages.length; at += CHUNK_PAGE_BYTES, page++) {
      this.#page.run(page, pages.subarray(at, at + CHUNK_PAGE_BYTES));
    }
    for (const { run, part, heads: blob } of heads) this.#heads.run(chunkSet, run, part, blob);
  }

  /** The chunk set belongs to no segment (yet, or any more). */
  keepLeftover(chunkSet: number, firstPage: number, endPage: number): void {
    this.#keepLeftover.run(chunkSet, firstPage, endPage);
  }

  /** Also of the one that is still in the making. */
  leftovers(): Leftover[] {
    return this.#leftovers.all() as Leftover[];
  }

  /** Insert a merged segment whose pages and heads are there; its inputs have been dropped. */
  adopt(row: SegmentRow, result: MergeResult, isSettled: boolean): void {
    const { firstTimeUs, lastTimeUs, firstReadingTimeUs, lastReadingTimeUs, late } = result;
    const { followsSettled: _, ...columns } = row;
    this.#segment.run({
      ...columns,
      firstTimeUs,
      lastTimeUs,
      firstReadingTimeUs,
      lastReadingTimeUs,
      isSettled: Number(isSettled),
    });
    for (let at = 0; at < late.length; at += 2) this.#late.run(row.segment, late[at], late[at + 1]);
    this.#forgetLeftover.run(row.chunkSet);
  }

  /** Delete a segment; a merged one's chunks become a leftover. */
  drop({ segment, chunkSet, firstPage, pages }: DroppedSegment): void {
    this.#dropLate.run(segment);
    if (chunkSet > 0) {
      this.#dropMerged.run(segment);
      this.keepLeftover(chunkSet, firstPage, firstPage + pages);
      return;
    }
    // where the collector stands is in the newest flush
    if (this.#emptyNewest.run(segment).changes === 0) this.#dropFlush.run(segment);
  }

  /** Delete up to so many rows of a leftover, and itself once nothing is left. */
  sweep({ chunkSet, firstPage, endPage }: Leftover, heads: number, pages: number): void {
    const deleted = this.#sweepHeads.run(chunkSet, heads).changes;
    const end = Math.min(firstPage + pages, endPage);
    this.#sweepPages.run(firstPage, end);
    if (deleted < heads && end === endPage) this.#forgetLeftover.run(chunkSet);
    else this.keepLeftover(chunkSet, end, endPage);
  }
}

export type DroppedSegment = Pick<SegmentRow, "segment" | "chunkSet" | "firstPage" | "pages">;
