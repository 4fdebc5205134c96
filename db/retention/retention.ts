import { HeadsRowReader } from "../chunk/heads-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import type { Removals } from "../file/removals.ts";
import { type DroppedSegment, MergeStatements } from "../merge/merge-statements.ts";
import { eachRun } from "../segment/directory.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { OldEvents } from "./old-events.ts";
import { OldGaps } from "./old-gaps.ts";

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
  readonly #gaps: OldGaps;
  readonly #events: OldEvents;
  readonly #removals: Removals;
  #bytesWithoutReadings: number | null = null;

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
    this.#gaps = new OldGaps(db);
    this.#events = new OldEvents(db);
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
      doomed.hasGaps = this.#removals.look(GAPS, () => this.#gaps.areThere(doomed.gapsBeforeUs)) ?? false;
    return doomed;
  }

  /** Remove it, inside the flush's transaction. @throws DamagedRemovalError */
  remove(doomed: Doomed): void {
    const { beforeUs, nowUs } = doomed;
    for (const stored of doomed.segments)
      this.#removals.take(nameOf(stored.segment), () => this.#merging.drop(stored));
    if (doomed.hasGaps) this.#removals.take(GAPS, () => this.#gaps.fold(doomed.gapsBeforeUs));
    if (!this.#removals.isLeft(EVENTS))
      this.#removals.take(EVENTS, () => this.#events.remove(beforeUs, nowUs));
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
}

/** Bytes of the database's pages that hold something. */
export const usedBytes = (db: Sqlite): number => {
  const pragma = (name: string): number => db.pragma(name, { simple: true }) as number;
  return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
};
