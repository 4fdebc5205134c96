import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { NumberMap } from "./number-map.ts";

/** A run in memory: its ledger row, then what the store adds. One slot of RUN_FIELDS float64, no object per run. */
export const RUN = {
  /** numbers of it that retention removed */
  EXPIRED: ROW_FIELDS,
  /** its received numbers at the last commit: what is above is pending */
  COMMITTED: ROW_FIELDS + 1,
  /** -1 = null */
  EPOCH: ROW_FIELDS + 2,
  /** number of the run inside its epoch */
  INDEX: ROW_FIELDS + 3,
  /** slot of the device's next run in the order they became known; -1 = last */
  NEXT: ROW_FIELDS + 4,
  /** flush that changed it last */
  CHANGED: ROW_FIELDS + 5,
} as const;
export const RUN_FIELDS = ROW_FIELDS + 6;

/** What travels for a changed run: the ledger row and EXPIRED. */
export const CHANGE_FIELDS = ROW_FIELDS + 1;

/** A run of which nothing is known but its number. */
export const newRow = (run: number): Float64Array => {
  const row = new Float64Array(RUN_FIELDS);
  row[ROW.RUN] = run;
  row[ROW.FIRST] = -1;
  row[ROW.HIGH_WATER] = -1;
  row[RUN.NEXT] = -1;
  return row;
};

const UNKNOWN_RUN = newRow(0);
const PAGE_RUNS = 1024;

/** Rows of all runs in pages that never move, so that growing copies nothing; slots of removed runs are used again. */
export class RunRows {
  readonly #pages: Float64Array[] = [];
  readonly #slotOfRun = new NumberMap();
  readonly #free: number[] = [];
  #used = 0;

  get size(): number {
    return this.#slotOfRun.size;
  }

  /** @returns the run's slot, or -1 */
  slotOf(run: number): number {
    return this.#slotOfRun.get(run);
  }

  /** A slot for a new run, all zero but: run, device, and no number known yet. */
  add(run: number, device: number): number {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#pages.length * PAGE_RUNS) this.#pages.push(new Float64Array(PAGE_RUNS * RUN_FIELDS));
    this.#slotOfRun.set(run, slot);
    const page = this.page(slot);
    const base = this.base(slot);
    page.set(UNKNOWN_RUN, base);
    page[base + ROW.RUN] = run;
    page[base + ROW.DEVICE] = device;
    return slot;
  }

  remove(run: number): void {
    const slot = this.slotOf(run);
    if (slot < 0) return;
    this.#slotOfRun.delete(run);
    this.#free.push(slot);
  }

  /** The array the slot's fields lie in, from `base(slot)` on. */
  page(slot: number): Float64Array {
    return this.#pages[Math.floor(slot / PAGE_RUNS)]!;
  }

  base(slot: number): number {
    return (slot % PAGE_RUNS) * RUN_FIELDS;
  }
}
