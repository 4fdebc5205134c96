import type { Sqlite, Statement } from "../file/open.ts";
import { type OpenGap, openGapsOf } from "../gaps/open-gaps.ts";
import { bucketAt, type Grid } from "../series/grid.ts";
import { type AbsentRange, countWithin, placeBetween } from "./absent-times.ts";
import type { GapRecord } from "./gaps-query.ts";
import type { QueryBudget } from "./query-budget.ts";

type AbsentGap = Omit<GapRecord, "filledAtUs" | "arrival">;

/** An absent gap with the times its numbers lie between: those of the numbers before and after it. */
export interface PlacedGap extends AbsentGap {
  fromUs: number;
  toUs: number;
}

type AbsentRow = AbsentRange & AbsentGap;

/** Absent numbers of one run: gaps that stand as lost, and running windows. */
export class AbsentNumbers {
  readonly #lost: Statement;
  readonly #openOf: (run: number) => OpenGap[];
  readonly #budget: QueryBudget;

  constructor(db: Sqlite, budget: QueryBudget) {
    this.#budget = budget;
    this.#lost = db.prepare(
      `SELECT run_no AS run, first, last, 'lost' AS state, cause, opened_at AS openedAtUs, closed_at AS closedAtUs,
         time_before AS timeBefore, time_after AS timeAfter, requests FROM gaps WHERE run_no = ? AND state = 'lost'`,
    );
    this.#openOf = openGapsOf(db);
  }

  /** @throws LacunaError `ERR_QUERY_TIMEOUT` */
  *of(run: number): Generator<AbsentRow> {
    // of a run that has lost something for years there may be millions
    for (const row of this.#lost.iterate(run) as IterableIterator<AbsentRow>) {
      this.#budget.checkTime();
      yield row;
    }
    for (const gap of this.#openOf(run)) yield openRow(run, gap);
  }
}

const openRow = (run: number, { openedAt, ...gap }: OpenGap): AbsentRow => ({
  ...gap,
  run,
  state: "open",
  cause: null,
  openedAtUs: openedAt,
  closedAtUs: null,
});

/**
 * Counts the numbers of a range that lies between two times into the buckets they lie in.
 * @param counts - one per bucket
 * @returns how many lie in the span
 */
export const placeAbsent = (grid: Grid, range: AbsentRange, counts: Float64Array): number => {
  const within = countWithin(range, grid.fromUs, grid.toUs);
  if (within === 0) return 0;
  const [a, b] = [placeBetween(range, range.first), placeBetween(range, range.last)];
  const first = bucketAt(grid, Math.max(Math.min(a, b), grid.fromUs));
  const last = bucketAt(grid, Math.min(Math.max(a, b), grid.toUs - 1));
  if (first === last) {
    counts[first]! += within;
    return within;
  }
  for (let bucket = first; bucket <= last; bucket++) {
    const fromUs = grid.fromUs + bucket * grid.stepUs;
    counts[bucket]! += countWithin(range, fromUs, Math.min(fromUs + grid.stepUs, grid.toUs));
  }
  return within;
};

/** 2^32 by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4) */
const SPREAD = 0x9e3779b1;

/** 32 bits without an order. Multiplied once, numbers with a Fibonacci number between them would keep one. */
const scattered = (number: number): number => {
  const once = Math.imul(number, SPREAD);
  return Math.imul(once ^ (once >>> 15), SPREAD);
};

const moreNumbers = (a: PlacedGap, b: PlacedGap): number =>
  b.last - b.first - (a.last - a.first) || scattered(a.first) - scattered(b.first);

/**
 * The gaps with most numbers, bounded: a series with more gaps than a chart has pixels is not drawn gap by gap. Of equally long ones those that are
 * listed lie all over the series: the earliest would look like all there are.
 */
export class LongestGaps {
  readonly #most: number;
  #gaps: PlacedGap[] = [];
  /** gaps that found no place */
  leftOut = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(row: AbsentRow): void {
    const { timeBefore, timeAfter, ...gap } = row;
    const [a, b] = [placeBetween(row, row.first - 1), placeBetween(row, row.last + 1)];
    this.#gaps.push({ ...gap, fromUs: Math.min(a, b), toUs: Math.max(a, b) });
    if (this.#gaps.length >= 2 * this.#most) this.#shorten();
  }

  /** By time. */
  list(): PlacedGap[] {
    this.#shorten();
    return this.#gaps.sort((a, b) => a.fromUs - b.fromUs || a.run - b.run || a.first - b.first);
  }

  #shorten(): void {
    if (this.#gaps.length <= this.#most) return;
    this.#gaps.sort(moreNumbers);
    this.leftOut += this.#gaps.length - this.#most;
    this.#gaps.length = this.#most;
  }
}
