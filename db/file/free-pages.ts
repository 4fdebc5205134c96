import type { Sqlite } from "./open.ts";
import type { Removals } from "./removals.ts";

/** Pages given back in one transaction: each may have to be moved first. */
const PAGES_PER_STEP = 512;
/** free pages kept for what is written next: merging frees about as much as flushes and merges take */
const SPARE_PAGES = 2048;
/** as it is told that they are damaged */
const FREE_PAGES = "free pages";
/** SQLite's number for a database that gives pages back when it is asked to, as ours do */
const INCREMENTAL = 2;

/** Pages that hold nothing and go back to the file system. */
export class FreePages {
  readonly #db: Sqlite;
  readonly #removals: Removals;
  /** Not where somebody has changed that: a flush would find something to do for ever. */
  readonly #areGivenBack: boolean;

  constructor(db: Sqlite, removals: Removals) {
    this.#db = db;
    this.#removals = removals;
    this.#areGivenBack = db.pragma("auto_vacuum", { simple: true }) === INCREMENTAL;
  }

  /** There are more than will be needed. */
  get hasExcess(): boolean {
    return this.#free > SPARE_PAGES;
  }

  /** Give some of the excess back, inside a transaction. @throws DamagedRemovalError */
  giveBack(): void {
    const excess = this.#free - SPARE_PAGES;
    if (excess > 0) this.#giveBack(Math.min(excess, PAGES_PER_STEP));
  }

  /** Give all back. @throws DamagedRemovalError */
  giveBackAll(): void {
    if (this.#free > 0) this.#giveBack(this.#free);
  }

  #giveBack(pages: number): void {
    this.#removals.take(FREE_PAGES, () => this.#db.pragma(`incremental_vacuum(${pages})`));
  }

  /** As far as they can be given back. */
  get #free(): number {
    if (!this.#areGivenBack || this.#removals.isLeft(FREE_PAGES)) return 0;
    return this.#db.pragma("freelist_count", { simple: true }) as number;
  }
}
