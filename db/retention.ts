import { HeadsRowReader } from "./chunk/heads-row.ts";
import { SegmentCorruptError } from "./codec/corrupt.ts";
import { eachRun } from "./directory.ts";
import type { LedgerState } from "./ledger-state.ts";
import { type DroppedSegment, MergeStatements } from "./merge/merge-statements.ts";
import type { Sqlite, Statement } from "./open.ts";
import type { Removals } from "./removals.ts";

export interface RetentionOptions {
  /** readings older than that (by arrival) go, milliseconds; null = kept for ever */
  retentionMs: number | null;
  /** bytes of database pages in use above which the oldest readings go; null = no bound */
  maxBytes: number | null;
}

/** What the next transaction removes. */
export interface Doomed {
  segments: DroppedSegment[];
  /** readings in them */
  readings: number;
  /** numbers that expire, by run */
  expired: Map<number, number>;
  /** numbers of runs that are forgotten */
  forgottenExpired: number;
  /** events before that go, microseconds; 0 = none by age */
  beforeUs: number;
  /** what is dated after it was dated by a clock that has been set back since */
  nowUs: number;
  /** gap rows closed before that go, microseconds; 0 = none */
  gapsBeforeUs: number;
  /** there are such rows */
  hasGaps: boolean;
}

/** As it is told that they are damaged. */
const GAPS = "gap rows";
const EVENTS = "events";
const nameOf = (segment: number): string => `segment ${segment}`;

/** Steps are small, so that a flush never waits long for them; each step removes more than a flush adds. */
const SEGMENTS_PER_STEP = 8;
/** While a step finds more than it may remove, the next one may remove twice as many: senders decide how many gaps and events a flush brings. */
const ROWS_PER_STEP = 1000;
const MOST_ROWS_PER_STEP = 32_000;
/** events kept at most, whatever their age */
const MAX_EVENTS = 1_000_000;

/** @returns rows the next step may remove */
const rowsAfter = (allowed: number, found: number): number =>
  found < allowed ? ROWS_PER_STEP : Math.min(2 * allowed, MOST_ROWS_PER_STEP);

interface StoredSegment extends DroppedSegment {
  lastArrivalUs: number;
  readings: number;
  bytes: number;
}

/** Removes what is too old or too much: whole segments, oldest first. The ledger stays; old gap rows become counts per cause. */
export class Retention {
  readonly #db: Sqlite;
  readonly #state: LedgerState;
  readonly #options: RetentionOptions;
  readonly #oldest: Statement;
  readonly #firstArrivalAfter: Statement;
  readonly #believableAfter: Statement;
  readonly #directory: Statement;
  readonly #heads: Statement;
  readonly #merging: MergeStatements;
  readonly #oldGaps: Statement;
  readonly #anyOldGap: Statement;
  readonly #fold: Statement;
  readonly #deleteGap: Statement;
  readonly #oldestEvents: Statement;
  readonly #newestEvent: Statement;
  readonly #believableEventAfter: Statement;
  readonly #deleteEvents: Statement;
  readonly #removals: Removals;
  #bytesWithoutReadings: number | null = null;
  #gapsPerStep = ROWS_PER_STEP;
  #eventsPerStep = ROWS_PER_STEP;

  constructor(db: Sqlite, state: LedgerState, removals: Removals, options: RetentionOptions) {
    this.#db = db;
    this.#removals = removals;
    this.#state = state;
    this.#options = options;
    this.#oldest = db.prepare(
      `SELECT segment, chunk_set AS chunkSet, first_page AS firstPage, pages, last_arrival AS lastArrivalUs, readings, bytes
       FROM segments WHERE segment < ? ORDER BY segment LIMIT ?`,
    );
    // with what it is ordered by in the result, or SQLite would gather all rows first
    this.#firstArrivalAfter = db
      .prepare("SELECT first_arrival, segment FROM segments WHERE segment > ? ORDER BY segment LIMIT 1")
      .pluck();
    this.#believableAfter = db
      .prepare(
        "SELECT last_arrival, segment FROM segments WHERE segment > ? AND last_arrival <= ? ORDER BY segment LIMIT 1",
      )
      .pluck();
    this.#directory = db.prepare("SELECT directory FROM flushes WHERE flush = ?").pluck();
    this.#heads = db.prepare("SELECT heads FROM chunk_heads WHERE chunk_set = ?").pluck();
    this.#merging = new MergeStatements(db);
    this.#oldGaps = db.prepare(
      "SELECT run_no, first, last, state, cause FROM gaps WHERE closed_at < ? ORDER BY closed_at LIMIT ?",
    );
    this.#anyOldGap = db.prepare("SELECT EXISTS (SELECT 1 FROM gaps WHERE closed_at < ?)").pluck();
    this.#fold = db.prepare(
      `INSERT INTO folded_gaps (run_no, state, cause, gaps, numbers, last) VALUES (?, ?, ?, 1, ?, ?)
       ON CONFLICT DO UPDATE SET gaps = gaps + 1, numbers = numbers + excluded.numbers, last = max(last, excluded.last)`,
    );
    this.#deleteGap = db.prepare("DELETE FROM gaps WHERE run_no = ? AND first = ?");
    this.#oldestEvents = db.prepare("SELECT event, at FROM events ORDER BY event LIMIT ?");
    this.#newestEvent = db.prepare("SELECT ifnull(max(event), 0) FROM events").pluck();
    this.#believableEventAfter = db
      .prepare("SELECT at FROM events WHERE event > ? AND at <= ? ORDER BY event LIMIT 1")
      .pluck();
    this.#deleteEvents = db.prepare("DELETE FROM events WHERE event <= ?");
  }

  /** About how many bytes are left when all readings that may go are gone, where that is more than there may be; null where it is not. */
  get bytesWithoutReadings(): number | null {
    return this.#bytesWithoutReadings;
  }

  /**
   * Choose what to remove; only reads. Of a segment of which it cannot be read what it holds of which run nobody could say how many numbers expired: it
   * stays.
   * @param replayFrom - segments from that flush on are still needed
   * @param hasLeftovers - chunk sets are being deleted a part per flush: their pages count as used until then
   */
  choose(nowUs: number, replayFrom: number, hasLeftovers: boolean): Doomed {
    const { retentionMs } = this.#options;
    const doomed: Doomed = {
      segments: [],
      readings: 0,
      expired: new Map(),
      forgottenExpired: 0,
      beforeUs: retentionMs === null ? 0 : nowUs - retentionMs * 1000,
      nowUs,
      gapsBeforeUs: 0,
      hasGaps: false,
    };
    if (retentionMs === null && this.#options.maxBytes === null) return doomed;
    // more than the excess may be on its way out already: once it is gone a later step sees
    let excessBytes = hasLeftovers ? 0 : this.#excessBytes();
    const most = SEGMENTS_PER_STEP + this.#removals.leftCount;
    const oldest = this.#oldest.all(replayFrom, most) as StoredSegment[];
    for (const stored of oldest) {
      if (this.#removals.isLeft(nameOf(stored.segment))) continue;
      const { readings, bytes } = stored;
      const arrivalUs = this.#arrivalOf(stored, nowUs);
      const isOld = arrivalUs < doomed.beforeUs;
      if (!isOld && excessBytes <= 0) break;
      const runs = this.#removals.look(nameOf(stored.segment), () => this.#runsOf(stored));
      if (runs === undefined) continue;
      // of one that is dated in the future, and all behind it too, nobody knows what is older
      if (!isOld && arrivalUs < nowUs) doomed.beforeUs = Math.max(doomed.beforeUs, arrivalUs);
      excessBytes -= bytes;
      doomed.readings += readings;
      this.#doom(doomed, stored, runs);
      // one that was merged is as much as many flushes
      if (stored.chunkSet > 0) break;
    }
    const isAll = oldest.length < most && doomed.segments.length === oldest.length;
    if (!hasLeftovers) this.#judgeSize(excessBytes, isAll);
    doomed.gapsBeforeUs = this.#gapsBefore(doomed);
    if (!this.#removals.isLeft(GAPS))
      doomed.hasGaps =
        this.#removals.look(GAPS, () => this.#anyOldGap.get(doomed.gapsBeforeUs) === 1) ?? false;
    return doomed;
  }

  /** Remove it, inside the flush's transaction. @throws DamagedRemovalError */
  remove(doomed: Doomed): void {
    for (const stored of doomed.segments)
      this.#removals.take(nameOf(stored.segment), () => this.#merging.drop(stored));
    if (doomed.hasGaps) this.#removals.take(GAPS, () => this.#foldGaps(doomed.gapsBeforeUs));
    if (!this.#removals.isLeft(EVENTS)) this.#removals.take(EVENTS, () => this.#removeEvents(doomed));
  }

  /** @param excessBytes - that stay when what is chosen is gone. @param isAll - nothing more could be chosen */
  #judgeSize(excessBytes: number, isAll: boolean): void {
    const { maxBytes } = this.#options;
    const isStuck = maxBytes !== null && excessBytes > 0 && isAll;
    this.#bytesWithoutReadings = isStuck ? maxBytes + excessBytes : null;
  }

  #excessBytes(): number {
    const { maxBytes } = this.#options;
    if (maxBytes === null) return 0;
    return usedBytes(this.#db) - maxBytes;
  }

  /**
   * When the last of a segment came. One from the future was dated by a clock that has been set back since: it came before the next one that
   * was not, or everything behind it would stay until the clock is there.
   */
  #arrivalOf({ segment, lastArrivalUs }: StoredSegment, nowUs: number): number {
    if (lastArrivalUs <= nowUs) return lastArrivalUs;
    return (this.#believableAfter.get(segment, nowUs) as number | undefined) ?? nowUs;
  }

  /**
   * A gap closes after the number behind it came. While that one is stored the row stays, however old: without it the hole between
   * stored readings would not be told from completeness.
   */
  #gapsBefore({ segments, beforeUs }: Doomed): number {
    const keptFromUs = this.#firstArrivalAfter.get(segments.at(-1)?.segment ?? 0) as number | undefined;
    return Math.min(beforeUs, keptFromUs ?? beforeUs);
  }

  #doom(doomed: Doomed, stored: StoredSegment, runs: ReadonlyMap<number, number>): void {
    doomed.segments.push(stored);
    for (const [run, numbers] of runs) {
      if (this.#state.runs.slotOf(run) < 0) doomed.forgottenExpired += numbers;
      else doomed.expired.set(run, (doomed.expired.get(run) ?? 0) + numbers);
    }
  }

  /** How many numbers it has of each run. */
  #runsOf(stored: StoredSegment): Map<number, number> {
    const runs = new Map<number, number>();
    this.#eachRun(stored, (run, numbers, isUnsequenced) => {
      if (!isUnsequenced) runs.set(run, (runs.get(run) ?? 0) + numbers);
    });
    return runs;
  }

  #eachRun(
    { segment, chunkSet }: StoredSegment,
    visit: (run: number, datagrams: number, isUnsequenced: boolean) => void,
  ): void {
    if (chunkSet === 0) {
      eachRun(this.#directory.get(segment) as Buffer, visit);
      return;
    }
    for (const heads of this.#heads.iterate(chunkSet) as IterableIterator<Buffer>) {
      const row = new HeadsRowReader(heads);
      for (let run = row.next(); run >= 0; run = row.next()) visit(run, row.datagrams, row.isUnsequenced);
    }
  }

  #foldGaps(beforeUs: number): void {
    const rows = this.#oldGaps.all(beforeUs, this.#gapsPerStep) as {
      run_no: number;
      first: number;
      last: number;
      state: string;
      cause: string;
    }[];
    // or every flush would look for it again
    if (rows.length === 0) throw new SegmentCorruptError("their index has one that is not there");
    this.#gapsPerStep = rowsAfter(this.#gapsPerStep, rows.length);
    for (const { run_no, first, last, state, cause } of rows) {
      this.#fold.run(run_no, state, cause, last - first + 1, last);
      this.#deleteGap.run(run_no, first);
    }
  }

  #removeEvents({ beforeUs, nowUs }: Doomed): void {
    const upTo = (this.#newestEvent.get() as number) - MAX_EVENTS;
    const isDoomed = ({ event, at }: StoredEvent): boolean => at < beforeUs || event <= upTo;
    // one look at the oldest event tells whether there is anything to do
    const [oldest] = this.#oldestEventsAsOf(nowUs, 1);
    if (oldest === undefined || !isDoomed(oldest)) return;
    const events = this.#oldestEventsAsOf(nowUs, this.#eventsPerStep);
    const kept = events.findIndex((event) => !isDoomed(event));
    this.#eventsPerStep = rowsAfter(this.#eventsPerStep, kept < 0 ? events.length : kept);
    const last = events.at(kept < 0 ? -1 : kept - 1);
    if (last !== undefined) this.#deleteEvents.run(last.event);
  }

  /** Oldest first; one that is dated in the future happened before the next one that is not, as with segments. */
  #oldestEventsAsOf(nowUs: number, most: number): StoredEvent[] {
    const events = this.#oldestEvents.all(most) as StoredEvent[];
    const last = events.at(-1);
    if (last === undefined) return events;
    let next = last.at;
    if (next > nowUs)
      next = (this.#believableEventAfter.get(last.event, nowUs) as number | undefined) ?? nowUs;
    for (const event of events.reverse()) {
      if (event.at > nowUs) event.at = next;
      next = event.at;
    }
    return events.reverse();
  }
}

interface StoredEvent {
  event: number;
  at: number;
}

/** Bytes of the database's pages that hold something. */
export const usedBytes = (db: Sqlite): number => {
  const pragma = (name: string): number => db.pragma(name, { simple: true }) as number;
  return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
};
