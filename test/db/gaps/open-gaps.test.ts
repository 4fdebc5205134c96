import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GapStore } from "../../../db/gaps/gap-store.ts";
import { type OpenGap, unpackGaps } from "../../../db/gaps/open-gaps.ts";
import { type GapRequest, queryGaps } from "../../../db/query/gaps-query.ts";
import { AbsentRanges } from "../../../db/restore/absent-ranges.ts";
import { MIGRATIONS } from "../../../db/schema/migrations.ts";
import { Batch, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import { ROW, ROW_FIELDS } from "../../../protocol/ledger-row.ts";

/** The gap tables in memory, and what a flush writes into them. */
class Bed {
  readonly db = new Database(":memory:");
  readonly #store: GapStore;

  constructor() {
    for (const migration of MIGRATIONS) this.db.exec(migration);
    this.#store = new GapStore(this.db);
  }

  /** Each of these runs has these open gaps now. @returns rows written */
  remember(runs: readonly number[], gaps: readonly OpenGap[]): number {
    const batch = new Batch();
    const add = (...fields: number[]): void => batch.ops.set(fields, batch.opCount++ * OP_FIELDS);
    for (const run of runs) {
      add(OP_CODE.WINDOWS, run, 0, 0, 0, 0, 0, 0, 0, 0);
      for (const { first, last, openedAt, timeBefore, timeAfter, requests } of gaps) {
        add(OP_CODE.OPEN, run, first, last, openedAt, 0, 0, timeBefore, timeAfter, requests);
      }
    }
    const before = this.#totalChanges();
    this.#store.apply([batch], new Set());
    this.#store.settle();
    return this.#totalChanges() - before;
  }

  /** What the view shows of a run. */
  shown(run: number): unknown[] {
    return this.db.prepare("SELECT * FROM window_gaps WHERE run_no = ? ORDER BY first").all(run);
  }

  /** Run and first number of each gap that the query finds. */
  found(request: Partial<GapRequest>): [run: number, first: number][] {
    const all = {
      runs: null,
      state: null,
      cause: null,
      fromUs: null,
      toUs: null,
      order: "asc",
      after: null,
    } as const;
    const gaps = queryGaps(this.db, { ...all, limit: 1, ...request });
    return gaps.map(({ run, first }) => [run, first]);
  }

  #totalChanges(): number {
    return this.db.prepare("SELECT total_changes()").pluck().get() as number;
  }
}

const OPENED = 1_795_176_000_000_000;
const gapAt = (first: number): OpenGap => ({
  first,
  last: first,
  openedAt: OPENED + first,
  timeBefore: OPENED,
  timeAfter: 0,
  requests: 1,
});

const GREATEST = 2 ** 53 - 2;
const time = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: OPENED - 5_000_000, max: OPENED + 5_000_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: GREATEST }) },
);
const unknownOrTime = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: time });
const numbers = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: GREATEST }));
const gaps = fc
  .uniqueArray(numbers, { minLength: 2, maxLength: 40 })
  .map((ends) => ends.sort((a, b) => a - b))
  .chain((ends) =>
    fc.tuple(
      ...Array.from({ length: Math.floor(ends.length / 2) }, (_, index) =>
        fc.record({
          first: fc.constant(ends[2 * index]!),
          last: fc.constant(ends[2 * index + 1]!),
          openedAt: time,
          timeBefore: unknownOrTime,
          timeAfter: unknownOrTime,
          requests: fc.nat(10),
        }),
      ),
    ),
  );

test("open gaps are read as they were remembered, to the last microsecond and number, by SQL and by a start", () => {
  const bed = new Bed();
  const absent = new AbsentRanges(bed.db);
  const ledgerRow = new Float64Array(ROW_FIELDS);
  ledgerRow[ROW.RUN] = 7;
  ledgerRow[ROW.MISSING] = 1;
  fc.assert(
    fc.property(gaps, (open) => {
      bed.remember([7], open);
      expect(bed.shown(7)).toEqual(
        open.map((gap) => ({
          run_no: 7,
          first: gap.first,
          last: gap.last,
          opened_at: gap.openedAt,
          time_before: gap.timeBefore,
          time_after: gap.timeAfter,
          requests: gap.requests,
        })),
      );
      const row = bed.db.prepare("SELECT first, opened_at, gaps FROM open_gaps WHERE run_no = 7").raw().get();
      expect(unpackGaps(...(row as [number, number, string]))).toEqual(open);
      expect(absent.take(ledgerRow)).toMatchObject(open);
    }),
    { numRuns: 200, interruptAfterTimeLimit: 1500 },
  );
});

test("open gaps that are as they were are not written again", () => {
  const bed = new Bed();
  expect(bed.remember([1, 2], [gapAt(10), gapAt(20)])).toBe(2);
  expect(bed.remember([1, 2], [gapAt(10), gapAt(20)])).toBe(0);
  expect(bed.remember([2], [gapAt(10), { ...gapAt(20), requests: 2 }])).toBe(1);
});

test("a run without an open gap has no row", () => {
  const bed = new Bed();
  bed.remember([1, 2], [gapAt(10)]);
  expect(bed.remember([1], [])).toBe(1);
  expect(bed.remember([1], [])).toBe(0);
  expect(bed.db.prepare("SELECT run_no FROM open_gaps").pluck().all()).toEqual([2]);
});

test("gaps of one run, or a page of the fleet's, are found without reading those of other runs", () => {
  const bed = new Bed();
  bed.remember([1, 2, 3, 4], [gapAt(10), gapAt(20)]);
  // whoever reads it fails
  bed.db.exec("UPDATE open_gaps SET gaps = 'unreadable' WHERE run_no = 3");
  expect(bed.shown(2)).toHaveLength(2);
  expect(bed.found({ runs: [2, 4], limit: 5 })).toEqual([
    [2, 10],
    [2, 20],
    [4, 10],
    [4, 20],
  ]);
  expect(bed.found({ limit: 1 })).toEqual([
    [1, 10],
    [1, 20],
  ]);
  // the run after the last of the page is begun at most
  expect(bed.found({ after: [1, 10], limit: 0 })).toEqual([[1, 20]]);
  expect(bed.found({ after: [3, 20], runs: [4] })).toEqual([
    [4, 10],
    [4, 20],
  ]);
  expect(bed.found({ order: "desc", after: [2, 20], limit: 5 })).toEqual([
    [2, 10],
    [1, 20],
    [1, 10],
  ]);
  expect(() => bed.found({ limit: 5 })).toThrow("malformed JSON");
});
