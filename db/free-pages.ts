import type { Sqlite } from "./open.ts";

/** Pages given back in one transaction: each may have to be moved first. */
const PAGES_PER_STEP = 512;
/** free pages kept for what is written next: merging frees about as much as flushes and merges take */
const SPARE_PAGES = 2048;

/** Pages that hold nothing and go back to the file system. */
export class FreePages {
  readonly #db: Sqlite;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  /** There are more than will be needed. */
  get hasExcess(): boolean {
    return this.#free > SPARE_PAGES;
  }

  /** Give some of the excess back, inside a transaction. */
  giveBack(): void {
    const excess = this.#free - SPARE_PAGES;
    if (excess > 0) this.#db.pragma(`incremental_vacuum(${Math.min(excess, PAGES_PER_STEP)})`);
  }

  /** Give all back. */
  giveBackAll(): void {
    if (this.#free > 0) this.#db.pragma("incremental_vacuum");
  }

  get #free(): number {
    return this.#db.pragma("freelist_count", { simple: true }) as number;
  }
}
