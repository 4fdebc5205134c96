import { type Count, type LedgerCounts, openEndsOf } from "../../protocol/ledger-counts.ts";
import { CAUSES, type Cause, expectedOf, ROW } from "../../protocol/ledger-row.ts";
import { ExactSums } from "./exact-sums.ts";
import { RUN } from "./run-rows.ts";

/** Fields of a row that are summed as they are: IN_ORDER to UNSEQUENCED lie together. */
const FIRST_SUMMED = ROW.IN_ORDER;
const SUMMED_FIELDS = ROW.UNSEQUENCED - ROW.IN_ORDER + 1;
const SUM = {
  EXPIRED: SUMMED_FIELDS,
  PENDING: SUMMED_FIELDS + 1,
  EXPECTED: SUMMED_FIELDS + 2,
  UNKNOWN: SUMMED_FIELDS + 3,
} as const;
const SUMS = SUMMED_FIELDS + 4;

/** Sums over many runs, kept up row by row: the fleet's totals, and those of the forgotten. */
export class LedgerSums {
  readonly #sums = new ExactSums(SUMS);

  /** Add a run's row (`sign` 1) or take it out (-1). */
  addRow(row: Float64Array, sign: 1 | -1): void {
    for (let field = 0; field < SUMMED_FIELDS; field++) {
      this.#sums.add(field, sign * row[FIRST_SUMMED + field]!);
    }
    this.#sums.add(SUM.EXPIRED, sign * row[RUN.EXPIRED]!);
    this.#sums.add(SUM.PENDING, sign * row[RUN.PENDING]!);
    this.#sums.add(SUM.EXPECTED, sign * expectedOf(row, 0));
    this.#sums.add(SUM.UNKNOWN, sign * openEndsOf(row, 0));
  }

  /**
   * A run's row becomes another one: only what differs is added. What is pending of it is not in the rows.
   * @param before - CHANGE_FIELDS values
   * @param after - the same from index `base` on
   */
  replaceRow(before: Float64Array, after: Float64Array, base: number): void {
    for (let field = 0; field < SUMMED_FIELDS; field++) {
      const change = after[base + FIRST_SUMMED + field]! - before[FIRST_SUMMED + field]!;
      if (change !== 0) this.#sums.add(field, change);
    }
    this.#sums.add(SUM.EXPIRED, after[base + RUN.EXPIRED]! - before[RUN.EXPIRED]!);
    this.#sums.add(SUM.EXPECTED, expectedOf(after, base) - expectedOf(before, 0));
    this.#sums.add(SUM.UNKNOWN, openEndsOf(after, base) - openEndsOf(before, 0));
  }

  addPending(numbers: number): void {
    this.#sums.add(SUM.PENDING, numbers);
  }

  addExpired(numbers: number): void {
    this.#sums.add(SUM.EXPIRED, numbers);
  }

  counts(): LedgerCounts {
    const at = (field: number): Count => this.#sums.get(field - FIRST_SUMMED);
    const big = (field: number): bigint => this.#sums.big(field - FIRST_SUMMED);
    const received = big(ROW.IN_ORDER) + big(ROW.REORDERED) + big(ROW.RECOVERED) + big(ROW.LATE);
    const pending = this.#sums.big(SUM.PENDING);
    const causes = {} as Record<Cause, Count>;
    let lost = 0n;
    for (const [index, cause] of CAUSES.entries()) {
      causes[cause] = at(ROW.LOST + index);
      lost += big(ROW.LOST + index);
    }
    return {
      expected: this.#sums.get(SUM.EXPECTED),
      received: countOf(received),
      inOrder: at(ROW.IN_ORDER),
      reordered: at(ROW.REORDERED),
      recovered: at(ROW.RECOVERED),
      late: at(ROW.LATE),
      missing: at(ROW.MISSING),
      lost: countOf(lost),
      pending: countOf(pending),
      stored: countOf(received - pending - this.#sums.big(SUM.EXPIRED)),
      expired: this.#sums.get(SUM.EXPIRED),
      duplicates: at(ROW.DUPLICATES),
      redundant: at(ROW.REDUNDANT),
      unsequenced: at(ROW.UNSEQUENCED),
      unknown: this.#sums.get(SUM.UNKNOWN),
      causes,
    };
  }

  /** The sums in the order of the columns of `forgotten` (db/schema/columns.ts). */
  toColumns(): bigint[] {
    const columns = [this.#sums.big(SUM.EXPECTED)];
    for (let field = 0; field < SUMMED_FIELDS; field++) columns.push(this.#sums.big(field));
    columns.push(this.#sums.big(SUM.EXPIRED), this.#sums.big(SUM.UNKNOWN));
    return columns;
  }

  /** Add sums as `toColumns` gave them; all of them are committed. */
  addColumns(columns: readonly bigint[]): void {
    this.#sums.addBig(SUM.EXPECTED, columns[0]!);
    for (let field = 0; field < SUMMED_FIELDS; field++) this.#sums.addBig(field, columns[1 + field]!);
    this.#sums.addBig(SUM.EXPIRED, columns[1 + SUMMED_FIELDS]!);
    this.#sums.addBig(SUM.UNKNOWN, columns[2 + SUMMED_FIELDS]!);
  }
}

const countOf = (sum: bigint): Count => (sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum);
