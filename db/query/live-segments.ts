import { LacunaError } from "../../common/errors.ts";
import { openForReading, type Sqlite, type Statement } from "../file/open.ts";
import { SegmentReader } from "../segment/segment-reader.ts";
import { RunHistory } from "./run-history.ts";

/** The committed segment of one flush. */
export interface LiveSegment {
  flush: number;
  committedAtUs: number;
  segment: SegmentReader;
  /** runs of which it has numbers that are not above all that were there before */
  lateRuns: readonly number[];
}

interface Stored {
  committedAtUs: number;
  data: Buffer;
  lateRuns: readonly number[];
}

/** Readers kept with what they decoded: several clients ask for the newest segments. */
const MOST_OPEN = 4;
/** Newest segments kept as they are stored: they outlive their merge with others, so that clients can resume. */
const MOST_RECENT_BYTES = 32 * 2 ** 20;

/** Reads segments by the number of their flush, on a connection of its own: what the live feed tells is durable, and ingest does nothing for it. */
export class LiveSegments {
  readonly #db: Sqlite;
  readonly #stored: Statement;
  readonly #late: Statement;
  readonly #after: Statement;
  readonly #before: Statement;
  readonly #merged: Statement;
  readonly #isThere: Statement;
  readonly #oldest: Statement;
  readonly #heardBefore: Statement;
  readonly #isFirst: Statement;
  readonly #history: RunHistory;
  readonly #open = new Map<number, LiveSegment>();
  /** ascending; every one there is behind `#recentAfter` */
  readonly #recent = new Map<number, Stored>();
  readonly #mostRecentBytes: number;
  #recentAfter: number;
  #recentBytes = 0;

  /**
   * @param flush - the last one that was there when the feed began
   * @param mostRecentBytes - for tests; MOST_RECENT_BYTES otherwise
   * @throws LacunaError `ERR_DATABASE_OPEN`
   */
  constructor(file: string, flush: number, mostRecentBytes: number = MOST_RECENT_BYTES) {
    this.#db = openForReading(file);
    this.#mostRecentBytes = mostRecentBytes;
    this.#recentAfter = flush;
    this.#history = new RunHistory(this.#db, (each) => this.of(each)?.segment);
    this.#stored = this.#db.prepare(
      "SELECT committed_at AS committedAtUs, data FROM flushes WHERE flush = ? AND datagrams > 0",
    );
    const numbers = (sql: string): Statement => this.#db.prepare(sql).pluck();
    this.#late = numbers("SELECT run_no FROM late_segments WHERE segment = ?");
    this.#after = numbers(
      "SELECT flush FROM flushes WHERE flush > ? AND datagrams > 0 ORDER BY flush LIMIT 1",
    );
    this.#before = numbers(
      "SELECT flush FROM flushes WHERE flush < ? AND datagrams > 0 ORDER BY flush DESC LIMIT ?",
    );
    this.#merged = numbers("SELECT ifnull(max(segment), 0) FROM merged_segments");
    this.#isThere = numbers("SELECT 1 FROM flushes WHERE flush = ?");
    this.#oldest = this.#db.prepare(
      "SELECT first_segment AS flush, first_arrival AS firstArrivalUs FROM segments ORDER BY segment LIMIT 1",
    );
    // where the clock was set back, all there is may look older than what is gone
    this.#heardBefore = numbers(
      "SELECT EXISTS (SELECT 1 FROM epochs WHERE first_arrival < ? OR expired > 0) OR (SELECT devices FROM forgotten) > 0",
    );
    // it brought all that was ever accepted; where copies came with it, that is not known
    this.#isFirst = numbers(
      `SELECT fleet ->> 'datagrams' - fleet ->> 'control' - fleet ->> 'shed' - fleet ->> 'held'
         - (SELECT total(value) FROM json_each(fleet, '$.rejected')) = datagrams
       FROM flushes WHERE flush = ?`,
    );
  }

  /**
   * A flush that was committed just now; each in turn. Null: it brought no datagrams.
   * @throws LacunaError `ERR_FEED_BEHIND` when it, or one behind it, is merged with others already
   */
  newest(flush: number): LiveSegment | null {
    const stored = this.#storedOf(flush);
    if (stored === undefined) {
      // one without datagrams is in front of the first merged one then: that one was not asked for yet
      if ((this.#merged.get() as number) >= flush)
        throw new LacunaError("ERR_FEED_BEHIND", "the live feed is too far behind");
      return null;
    }
    this.#recent.set(flush, stored);
    this.#recentBytes += stored.data.length;
    for (const [oldest, { data }] of this.#recent) {
      if (this.#recentBytes <= this.#mostRecentBytes) break;
      this.#recent.delete(oldest);
      this.#recentBytes -= data.length;
      this.#recentAfter = oldest;
    }
    return this.of(flush);
  }

  of(flush: number): LiveSegment | null {
    return this.#open.get(flush) ?? this.#read(flush);
  }

  /** When the newest one that is not of a later flush was committed; 0 when there is none, or no more. */
  committedUpTo(flush: number): number {
    const [newest] = this.#newestBefore(flush + 1, 1);
    if (newest === undefined) return 0;
    return (this.#recent.get(newest) ?? this.#storedOf(newest))?.committedAtUs ?? 0;
  }

  /** The first one of a later flush; null at the end. */
  after(flush: number): LiveSegment | null {
    const stored = flush < this.#recentAfter ? (this.#after.get(flush) as number | undefined) : undefined;
    // memory may have what lies before it: the database lets go of it earlier
    let next = stored;
    for (const kept of this.#recent.keys()) {
      if (kept <= flush) continue;
      next = Math.min(kept, stored ?? kept);
      break;
    }
    return next === undefined ? null : this.of(next);
  }

  /** Flushes behind this one were merged with others: what each of them brought cannot be told any more. */
  isMergedAfter(flush: number): boolean {
    return flush < this.#recentAfter && (this.#merged.get() as number) > flush;
  }

  /**
   * Flushes behind this one may be removed, as they were too old or too much; said too often rather than too rarely.
   * @param known - one that was there once: while it is, so is all behind it
   */
  isRemovedAfter(flush: number, known: number): boolean {
    if (flush >= this.#recentAfter || this.#isThere.get(known) !== undefined) return false;
    return this.#areRemovedBehind(flush);
  }

  /** Whether the newest ones in front of a flush are there as they were committed, `count` of them or all there ever were. */
  hasBefore(flush: number, count: number): boolean {
    if (this.#newestBefore(flush, count).length === count) return true;
    return (this.#merged.get() as number) === 0 && !this.#areRemovedBehind(0);
  }

  /** The flush of the segment that lies `count` before a flush, or of the oldest there is. */
  back(flush: number, count: number): number {
    return this.#newestBefore(flush, count).at(-1) ?? flush;
  }

  /** See `RunHistory`. */
  greatestBefore(runs: readonly number[], flush: number): Map<number, number> {
    // of one state: a merge in between would take away what is looked for next
    return this.#db.transaction(() => this.#history.greatestBefore(runs, flush))();
  }

  close(): void {
    this.#db.close();
  }

  #storedOf(flush: number): Stored | undefined {
    const stored = this.#stored.get(flush) as Omit<Stored, "lateRuns"> | undefined;
    return stored === undefined ? undefined : { ...stored, lateRuns: this.#late.all(flush) as number[] };
  }

  #areRemovedBehind(flush: number): boolean {
    const oldest = this.#oldest.get() as { flush: number; firstArrivalUs: number } | undefined;
    if (oldest !== undefined && oldest.flush <= flush + 1) return false;
    // flushes without datagrams go as well: where nothing came before the oldest one but control datagrams, no others went
    if (oldest !== undefined && this.#isFirst.get(oldest.flush) === 1) return false;
    return this.#heardBefore.get(oldest?.firstArrivalUs ?? Number.MAX_SAFE_INTEGER) === 1;
  }

  /** Descending. */
  #newestBefore(flush: number, count: number): number[] {
    const recent = Array.from(this.#recent.keys()).filter((each) => each < flush);
    if (recent.length >= count) return recent.slice(-count).reverse();
    const known = new Set([...recent, ...(this.#before.all(flush, count) as number[])]);
    return [...known].sort((a, b) => b - a).slice(0, count);
  }

  #read(flush: number): LiveSegment | null {
    const stored = this.#recent.get(flush) ?? this.#storedOf(flush);
    if (stored === undefined) return null;
    const { committedAtUs, data, lateRuns } = stored;
    const read = { flush, committedAtUs, segment: new SegmentReader(data), lateRuns };
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST_OPEN) this.#open.delete(oldest!);
    this.#open.set(flush, read);
    return read;
  }
}
