import type { RunColumns } from "../../db/segment/columns.ts";

/** One datagram the feed tells now. */
export interface Told {
  columns: RunColumns;
  /** its index in `columns` */
  datagram: number;
  /** a greater number of its run was told before */
  isLate: boolean;
}

/** A run in the flush before. */
interface RunBefore {
  columns: RunColumns;
  /** datagrams from here on are held: they lie behind an absent number */
  heldFrom: number;
}

/** runs whose greatest told number is remembered; beyond it all are forgotten at once, which costs a few `late` marks */
const MOST_RUNS = 500_000;

/**
 * Brings the datagrams of each run into the order of their numbers, flush by flush. What lies behind an absent number is held until the next
 * flush (or `rest`): a number that comes within it takes its place, one that comes later is told as late. So at most one flush is held, and what
 * a flush tells depends on it and the two before only: the same flushes told again are told the same way, which makes the feed resumable.
 */
export class OrderHold {
  #before = new Map<number, RunBefore>();
  /** greatest number told of each run */
  readonly #told = new Map<number, number>();

  /** true while something waits for the next flush */
  get isHolding(): boolean {
    return !this.heldRuns().next().done;
  }

  /** Those of which something waits for the next flush. */
  *heldRuns(): Generator<number, undefined> {
    for (const [run, { columns, heldFrom }] of this.#before) if (heldFrom < columns.datagramCount) yield run;
  }

  /**
   * The next flush.
   * @param runs - its runs with their datagrams, ascending by run; runs without numbers have `isUnsequenced`
   * @returns what is told of each run, ascending by run
   */
  advance(runs: Iterable<{ run: number; columns: RunColumns; isUnsequenced: boolean }>): Map<number, Told[]> {
    const before = this.#before;
    const told = new Map<number, Told[]>();
    this.#before = new Map();
    for (const { run, columns, isUnsequenced } of runs) {
      if (isUnsequenced) told.set(run, allOf(columns, 0, columns.datagramCount));
      else told.set(run, this.#advanceRun(run, columns, before.get(run)));
      before.delete(run);
    }
    this.#tellHeld(before, told);
    return new Map([...told].sort(([a], [b]) => a - b));
  }

  /** Whether something of the run was told: what is late is known then. */
  hasTold(run: number): boolean {
    return this.#told.has(run);
  }

  /** A number of the run was told before: late is what is below it. */
  wasTold(run: number, sequence: number): void {
    if (sequence > (this.#told.get(run) ?? -1)) this.#told.set(run, sequence);
  }

  /** What another one told came before. @param runs - of these; null = all */
  goOnFrom(other: OrderHold, runs: ReadonlySet<number> | null): void {
    for (const [run, greatest] of other.#told)
      if (runs === null || runs.has(run)) this.wasTold(run, greatest);
  }

  /** The hold is over: what is still held, ascending by run. */
  rest(): Map<number, Told[]> {
    const told = new Map<number, Told[]>();
    this.#tellHeld(this.#before, told);
    for (const run of this.#before.values()) run.heldFrom = run.columns.datagramCount;
    return told;
  }

  #tellHeld(runs: ReadonlyMap<number, RunBefore>, told: Map<number, Told[]>): void {
    for (const [run, { columns, heldFrom }] of runs) {
      if (heldFrom < columns.datagramCount)
        told.set(run, this.#mark(run, allOf(columns, heldFrom, columns.datagramCount)));
    }
  }

  #advanceRun(run: number, columns: RunColumns, before: RunBefore | undefined): Told[] {
    const { sequence, datagramCount } = columns;
    const greatestBefore =
      before === undefined ? sequence[0]! - 1 : before.columns.sequence[before.columns.datagramCount - 1]!;
    let filling = 0;
    while (filling < datagramCount && sequence[filling]! <= greatestBefore) filling++;
    let heldFrom = filling;
    while (heldFrom < datagramCount && sequence[heldFrom]! === greatestBefore + 1 + heldFrom - filling)
      heldFrom++;
    this.#before.set(run, { columns, heldFrom });
    const held =
      before === undefined ? [] : allOf(before.columns, before.heldFrom, before.columns.datagramCount);
    const settled = [...held, ...allOf(columns, 0, filling)];
    if (held.length > 0 && filling > 0) settled.sort((a, b) => sequenceOf(a) - sequenceOf(b));
    return this.#mark(run, [...settled, ...allOf(columns, filling, heldFrom)]);
  }

  #mark(run: number, told: Told[]): Told[] {
    let greatest = this.#told.get(run) ?? -1;
    for (const each of told) {
      const sequence = sequenceOf(each);
      if (sequence < greatest) each.isLate = true;
      else greatest = sequence;
    }
    if (this.#told.size >= MOST_RUNS) this.#told.clear();
    this.#told.set(run, greatest);
    return told;
  }
}

const allOf = (columns: RunColumns, from: number, to: number): Told[] => {
  const told: Told[] = [];
  for (let datagram = from; datagram < to; datagram++) told.push({ columns, datagram, isLate: false });
  return told;
};

const sequenceOf = ({ columns, datagram }: Told): number => columns.sequence[datagram]!;
