import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";

/** A run to read, and what is known of where its segments lie. Arrivals are the wall clock's (microseconds), which may have been set back in between. */
export interface RunSpan {
  run: number;
  /** of its first datagram; null = retention removed that */
  firstArrivalUs: number | null;
  /** the latest known; later ones are possible if the clock was set back */
  lastArrivalUs: number;
  /** no later flush has datagrams of it */
  lastFlush: number;
}

/** What is known of where a run lies. @param row - its ledger row */
export const spanOfRow = (
  row: Float64Array,
  { run, expired, changed }: { run: number; expired: number; changed: number },
): RunSpan => ({
  run,
  firstArrivalUs: hasItsFirst(row[ROW.FLAGS]!, expired) ? row[ROW.FIRST_ARRIVAL]! : null,
  lastArrivalUs: Math.max(row[ROW.LAST_ARRIVAL]!, row[ROW.HIGH_WATER_AT]!),
  lastFlush: changed,
});

/** What came first of a run is still stored: what retention removes of those without numbers is not counted. @param flags - ROW.FLAGS */
export const hasItsFirst = (flags: number, expired: number): boolean =>
  !isUnsequenced(flags) && expired === 0;

/** A segment and when what it holds came. */
export interface SegmentArrivals {
  segment: number;
  firstSegment: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
}

/** a wall clock that goes back by less hides nothing, nor do workers whose batches come in another order */
const SLACK_US = 60_000_000;

/** Between which segments those with datagrams of a run lie: told from when it was heard, so that a query looks at few others. */
export class RunExtents {
  readonly #firstFrom: Statement;
  readonly #anyWithin: Statement;
  readonly #lastUntil: Statement;
  readonly #newerThan: Statement;
  /** how the wall clock went, up to the segment seen last: each is looked at once, what they tell does not change */
  readonly #clock = { seen: 0, arrivalUs: 0, setBackAt: 0 };

  constructor(db: Sqlite) {
    this.#firstFrom = db.prepare(
      "SELECT segment, first_arrival AS beganUs FROM segments WHERE last_arrival >= ? ORDER BY segment LIMIT 1",
    );
    this.#anyWithin = db.prepare(
      "SELECT 1 FROM segments WHERE last_arrival >= ? AND first_arrival <= ? LIMIT 1",
    );
    this.#lastUntil = db
      .prepare("SELECT segment FROM segments WHERE first_arrival <= ? ORDER BY segment DESC LIMIT 1")
      .pluck();
    this.#newerThan = db
      .prepare(
        `SELECT segment, first_arrival FROM segments WHERE segment > ?
         UNION ALL SELECT flush, committed_at FROM flushes WHERE flush > ? AND datagrams = 0 ORDER BY 1`,
      )
      .raw();
  }

  /**
   * No older segment has datagrams of the run: the oldest one that does not end before its first arrival, if there is one from that time at all. Those
   * after it are not chosen by their arrivals: the clock may have been set back since, also to that time.
   * @returns number of a segment; 0 = any may
   */
  firstOf({ firstArrivalUs }: RunSpan): number {
    if (firstArrivalUs === null) return 0;
    const [fromUs, toUs] = [firstArrivalUs - SLACK_US, firstArrivalUs + SLACK_US];
    const first = this.#firstFrom.get(fromUs) as { segment: number; beganUs: number } | undefined;
    if (first === undefined) return 0;
    // most often it is from that time itself, and no other is looked at
    const isFromThen = first.beganUs <= toUs || this.#anyWithin.get(fromUs, toUs) !== undefined;
    return isFromThen ? first.segment : 0;
  }

  /**
   * No newer segment has datagrams of the run. Its row often changes long after its last datagram, so those that came after its last arrival are left out,
   * unless the clock was set back among them: then they may have come before it.
   * @returns number of a segment
   */
  lastOf({ lastArrivalUs, lastFlush }: RunSpan): number {
    const heard = (this.#lastUntil.get(lastArrivalUs + SLACK_US) as number | undefined) ?? 0;
    return heard >= lastFlush || this.#wentBackAfter(heard) ? lastFlush : heard;
  }

  /** Whether a query looks at both of these: the oldest and the newest segment with datagrams of the run. Most often their own arrivals tell. */
  covers(span: RunSpan, oldest: SegmentArrivals, newest: SegmentArrivals): boolean {
    const beganUs = span.firstArrivalUs ?? 0;
    const isFromThen = oldest.lastArrivalUs >= beganUs - SLACK_US || this.firstOf(span) <= oldest.segment;
    const isUntilThen = newest.firstArrivalUs <= span.lastArrivalUs + SLACK_US;
    return isFromThen && (isUntilThen || this.lastOf(span) >= newest.firstSegment);
  }

  /** Whether segments newer than this one say that the clock was set back, or flushes without datagrams by when they were committed. */
  #wentBackAfter(segment: number): boolean {
    const { seen } = this.#clock;
    const unseen = this.#newerThan.iterate(seen, seen) as IterableIterator<[number, number]>;
    for (const [next, arrivalUs] of unseen) {
      if (arrivalUs < this.#clock.arrivalUs - SLACK_US) this.#clock.setBackAt = next;
      this.#clock.seen = next;
      this.#clock.arrivalUs = arrivalUs;
    }
    return this.#clock.setBackAt > segment;
  }
}
