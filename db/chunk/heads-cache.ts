import { firstPassing } from "../../common/first-passing.ts";
import { HeadsRowReader } from "./heads-row.ts";

interface KeptRow {
  firstRun: number;
  lastRun: number;
  heads: Uint8Array;
}

const MOST_BYTES = 2 * 2 ** 20;

/**
 * Rows of heads that were read last: a query looks into each merged segment, and finding a row takes longer than reading it. What a chunk set has
 * never changes, and its number is given once. When there are too many, those of the chunk set go that was begun first.
 */
export class HeadsCache {
  /** by chunk set; rows ascend by run */
  readonly #sets = new Map<number, { rows: KeptRow[]; bytes: number }>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** The row in whose span the run lies. */
  find(chunkSet: number, run: number): Uint8Array | undefined {
    const rows = this.#sets.get(chunkSet)?.rows ?? [];
    const row = rows[placeOf(rows, run) - 1];
    return row !== undefined && run <= row.lastRun ? row.heads : undefined;
  }

  /** Keep a row that has all chunks of its runs. */
  add(chunkSet: number, firstRun: number, lastRun: number, heads: Uint8Array): void {
    const set = this.#sets.get(chunkSet) ?? { rows: [], bytes: 0 };
    this.#sets.set(chunkSet, set);
    const place = placeOf(set.rows, firstRun);
    if (set.rows[place - 1]?.firstRun === firstRun) return;
    set.rows.splice(place, 0, { firstRun, lastRun, heads });
    set.bytes += heads.length;
    this.#bytes += heads.length;
    for (const [oldest, { bytes }] of this.#sets) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#sets.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

/** How many rows begin at or before a run. */
const placeOf = (rows: readonly KeptRow[], run: number): number =>
  firstPassing(0, rows.length, (index) => rows[index]!.firstRun > run);

/** @throws SegmentCorruptError */
export const lastRunOf = (heads: Uint8Array): number => {
  const reader = new HeadsRowReader(heads);
  let last = -1;
  for (let run = reader.next(); run >= 0; run = reader.next()) last = run;
  return last;
};
