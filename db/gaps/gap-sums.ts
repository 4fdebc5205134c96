import { arrivalBin } from "../../protocol/arrival-bin.ts";
import { CAUSES, ROW } from "../../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { openGapsOf } from "./open-gaps.ts";

interface ClosedRow {
  first: number;
  last: number;
  state: string;
  cause: string;
  requests: number;
  was_lost: 0 | 1;
}

/** Bins of numbers that arrived in the end, by which a row of theirs is counted. */
const ARRIVED = { reordered: ROW.REORDERED, recovered: ROW.RECOVERED, late: ROW.LATE } as const;

/** Compares the gap rows of runs with the counts of their ledger rows. */
export class GapSums {
  /** that have any */
  readonly runs: ReadonlySet<number>;
  readonly #closed: Statement;
  readonly #folded: Statement;
  readonly #openOf: ReturnType<typeof openGapsOf>;

  constructor(db: Sqlite) {
    const runs = db
      .prepare(
        "SELECT run_no FROM gaps UNION SELECT run_no FROM open_gaps UNION SELECT run_no FROM folded_gaps",
      )
      .pluck();
    this.runs = new Set(runs.all() as number[]);
    this.#closed = db.prepare(
      "SELECT first, last, state, cause, requests, was_lost FROM gaps WHERE run_no = ? ORDER BY first",
    );
    this.#folded = db
      .prepare("SELECT cause, numbers FROM folded_gaps WHERE run_no = ? AND state = 'lost'")
      .raw();
    this.#openOf = openGapsOf(db);
  }

  /** @param row - a ledger row. @returns the first thing that is wrong */
  mistakeOf(row: Float64Array): string | null {
    const run = row[ROW.RUN]!;
    const hasRows = this.runs.has(run);
    const open = hasRows ? this.#openOf(run) : [];
    const closed = hasRows ? (this.#closed.all(run) as ClosedRow[]) : [];
    const missing = open.reduce((sum, gap) => sum + numbersOf(gap), 0);
    if (missing !== row[ROW.MISSING])
      return `${row[ROW.MISSING]} numbers missing, its open gaps have ${missing}`;
    return (
      misplaced([...open, ...closed], row) ??
      wrongLost(row, closed, this.#foldedOf(run)) ??
      wrongFilled(row, closed)
    );
  }

  /** Lost numbers by cause whose rows retention has folded; those that came later are among them. */
  #foldedOf(run: number): Map<string, number> {
    return new Map(this.runs.has(run) ? (this.#folded.all(run) as [string, number][]) : []);
  }
}

const numbersOf = ({ first, last }: { first: number; last: number }): number => last - first + 1;

const misplaced = (gaps: { first: number; last: number }[], row: Float64Array): string | null => {
  let next = row[ROW.FIRST]!;
  for (const { first, last } of gaps.sort((a, b) => a.first - b.first)) {
    if (first < next || last < first || last > row[ROW.HIGH_WATER]!)
      return `its gap ${first} to ${last} lies in another one, or outside of its numbers`;
    next = last + 1;
  }
  return null;
};

const wrongLost = (
  row: Float64Array,
  closed: readonly ClosedRow[],
  folded: ReadonlyMap<string, number>,
): string | null => {
  const sums = new Map<string, number>();
  for (const gap of closed)
    if (gap.state === "lost") sums.set(gap.cause, (sums.get(gap.cause) ?? 0) + numbersOf(gap));
  for (const [index, cause] of CAUSES.entries()) {
    const lost = row[ROW.LOST + index]!;
    const least = sums.get(cause) ?? 0;
    if (lost < least || lost > least + (folded.get(cause) ?? 0))
      return `${lost} numbers lost with the cause ${cause}, its gaps have ${least}`;
  }
  return null;
};

/** Not each of them has a row: databases of former versions have none of what came while it was asked for. */
const wrongFilled = (row: Float64Array, closed: readonly ClosedRow[]): string | null => {
  const sums = { reordered: 0, recovered: 0, late: 0 };
  for (const gap of closed)
    if (gap.state === "filled") sums[arrivalBin(gap.was_lost === 1, gap.requests)] += numbersOf(gap);
  for (const bin of Object.keys(ARRIVED) as (keyof typeof ARRIVED)[])
    if (sums[bin] > row[ARRIVED[bin]]!)
      return `${row[ARRIVED[bin]]} numbers ${bin}, its gaps have ${sums[bin]}`;
  return null;
};
