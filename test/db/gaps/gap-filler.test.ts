import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GapFiller, type GapTableRow } from "../../../db/gaps/gap-filler.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** One number of a naive model: what its row has to say of it. */
interface Known {
  history: Pick<GapTableRow, "cause" | "opened_at" | "requests" | "was_lost">;
  closedAt: number;
  /** null = lost */
  filledAt: number | null;
  /** as the first and as the last number of a row: its own time where it is known, else a second from its neighbours */
  firstUs: number;
  lastUs: number;
  /** what is lost is in rows with others of its gap only */
  gap: number;
}

const RUN = 1;
const SECOND_US = 1_000_000;
const placeOf = (number: number): number => (number + 2) * SECOND_US;

const history = fc.record({
  cause: fc.constantFrom("network", "gone"),
  opened_at: fc.constantFrom(10, 20),
  requests: fc.nat(1),
});
const lostGap = fc.record({
  history,
  closedAt: fc.constantFrom(1000, 1500),
  length: fc.integer({ min: 1, max: 6 }),
  received: fc.nat(1),
});
const step = fc.record({
  isOpen: fc.boolean(),
  number: fc.nat(40),
  history,
  at: fc.integer({ min: 2000, max: 3000 }),
});

type Generated<T> = T extends fc.Arbitrary<infer Value> ? Value : never;
type LostGap = Generated<typeof lostGap>;
type Step = Generated<typeof step>;

/** The rows that the numbers make up: neighbours of one history are one row once they are here. */
const rowsOf = (numbers: ReadonlyMap<number, Known>): GapTableRow[] => {
  const rows: GapTableRow[] = [];
  // the neighbour of a lost row; one that came in the middle of the gap has its own time
  const timeOf = (number: number, gap: number): number => {
    const beside = numbers.get(number);
    return beside !== undefined && beside.filledAt !== null && beside.gap === gap
      ? beside.firstUs
      : placeOf(number);
  };
  let former: Known | undefined;
  for (const [number, known] of [...numbers].sort(([a], [b]) => a - b)) {
    const { history, closedAt, filledAt, firstUs, lastUs, gap } = known;
    const row = rows.at(-1);
    const isSame =
      row?.last === number - 1 &&
      former !== undefined &&
      JSON.stringify(former.history) === JSON.stringify(history) &&
      (filledAt === null) === (former.filledAt === null) &&
      (history.was_lost === 0 || former.closedAt === closedAt) &&
      (filledAt !== null || former.gap === gap);
    const isLost = filledAt === null;
    if (isSame) {
      row.last = number;
      row.closed_at = Math.max(row.closed_at, closedAt);
      if (filledAt !== null) row.filled_at = Math.max(row.filled_at!, filledAt);
      row.time_after = isLost ? timeOf(number + 1, gap) : lastUs;
    } else
      rows.push({
        run_no: RUN,
        first: number,
        last: number,
        state: isLost ? "lost" : "filled",
        closed_at: closedAt,
        filled_at: filledAt,
        time_before: isLost ? timeOf(number - 1, gap) : firstUs,
        time_after: isLost ? timeOf(number + 1, gap) : lastUs,
        ...history,
      });
    former = known;
  }
  return rows;
};

test("rows say of every number what a naive model says, in whatever order they come", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const db = bed.closing(new Database(bed.file));
  const insert = db.prepare(
    `INSERT INTO gaps (run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests, time_before, time_after, was_lost)
     VALUES (@run_no, @first, @last, @state, @cause, @opened_at, @closed_at, @filled_at, @requests, @time_before, @time_after, @was_lost)`,
  );
  const filler = new GapFiller(db);
  const play = db.transaction((gaps: LostGap[], steps: Step[]) => {
    db.exec("DELETE FROM gaps");
    const numbers = new Map<number, Known>();
    let next = 0;
    for (const [gap, { history, closedAt, length, received }] of gaps.entries()) {
      const lost = { history: { ...history, was_lost: 1 as const }, closedAt, filledAt: null, gap };
      for (const end = next + length; next < end; next++)
        numbers.set(next, { ...lost, firstUs: placeOf(next), lastUs: placeOf(next) });
      next += received;
    }
    for (const row of rowsOf(numbers)) insert.run(row);
    for (const { isOpen, number, at, history } of steps) {
      // the sender's own time is not the one between its neighbours
      const timeUs = placeOf(number) + 7;
      const arrived = { filledAt: at, firstUs: timeUs, lastUs: timeUs };
      const known = numbers.get(number);
      if (!isOpen) {
        filler.fillLost(RUN, number, at, timeUs);
        if (known?.filledAt === null) numbers.set(number, { ...known, ...arrived });
      } else if (known === undefined) {
        const { cause, opened_at, requests } = history;
        filler.fillOpen(RUN, number, cause, opened_at, at, requests, timeUs);
        numbers.set(number, {
          history: { ...history, was_lost: 0 as const },
          closedAt: at,
          gap: -1,
          ...arrived,
        });
      }
    }
    expect(db.prepare("SELECT * FROM gaps ORDER BY first").all()).toEqual(rowsOf(numbers));
  });
  fc.assert(
    fc.property(fc.array(lostGap, { maxLength: 8 }), fc.array(step, { minLength: 1, maxLength: 60 }), play),
    { numRuns: 500, interruptAfterTimeLimit: 3000 },
  );
});
