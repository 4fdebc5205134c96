import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { NumberMap } from "./number-map.ts";

/** A run in memory: its ledger row, then what the store adds. RUN_FIELDS float64, no object per run. */
export const RUN = {
  /** numbers of it that retention removed */
  EXPIRED: ROW_FIELDS,
  /** received numbers of it that are accepted and not committed yet; nearly always 0 */
  PENDING: ROW_FIELDS + 1,
  /** -1 = null */
  EPOCH: ROW_FIELDS + 2,
  /** number of the run inside its epoch */
  INDEX: ROW_FIELDS + 3,
  /** slot of the device's next run in the order they became known; -1 = last */
  NEXT: ROW_FIELDS + 4,
  /** slot of the one before it; -1 = first */
  PREVIOUS: ROW_FIELDS + 5,
  /** flush that changed it last; of one the tables have, the flush as of which they have it */
  CHANGED: ROW_FIELDS + 6,
} as const;
export const RUN_FIELDS = ROW_FIELDS + 7;

/** RUN.EPOCH as an epoch: null = none declared. */
export const epochOf = (field: number): number | null => (field < 0 ? null : field);

/** What travels for a changed run: the ledger row and EXPIRED. */
export const CHANGE_FIELDS = ROW_FIELDS + 1;

/** A run of which nothing is known but its number. */
export const newRow = (run: number): Float64Array => {
  const row = new Float64Array(RUN_FIELDS);
  row[ROW.RUN] = run;
  row[ROW.FIRST] = -1;
  row[ROW.HIGH_WATER] = -1;
  row[RUN.EPOCH] = -1;
  row[RUN.NEXT] = -1;
  row[RUN.PREVIOUS] = -1;
  return row;
};

const UNKNOWN_RUN = newRow(0);
const PAGE_RUNS = 1024;

/** PAGE_RUNS values of each field; undefined while all of them are the field's value in UNKNOWN_RUN, and as narrow as they allow while all are integers. */
type Column = Int8Array | Int32Array | Float64Array;
type Page = (Column | undefined)[];

/**
 * Rows of all runs in pages that never move, so that growing copies nothing. A page has a column per field, made when the first value in
 * it differs from that of an unknown run: most runs lost nothing, recovered nothing and never slept, and a flood of forged devices
 * must not cost the memory of such fields. Slots of removed runs are used again.
 */
export class RunRows {
  readonly #pages: Page[] = [];
  readonly #slotOfRun = new NumberMap();
  readonly #free: number[] = [];
  readonly #added = newRow(0);
  #used = 0;

  get size(): number {
    return this.#slotOfRun.size;
  }

  /** @returns the run's slot, or -1 */
  slotOf(run: number): number {
    return this.#slotOfRun.get(run);
  }

  /** A slot for a new run, of which only its device is known. */
  add(run: number, device: number): number {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#pages.length * PAGE_RUNS) this.#pages.push(new Array(RUN_FIELDS).fill(undefined));
    this.#slotOfRun.set(run, slot);
    this.#added[ROW.RUN] = run;
    this.#added[ROW.DEVICE] = device;
    this.write(slot, this.#added);
    return slot;
  }

  remove(run: number): void {
    const slot = this.slotOf(run);
    if (slot < 0) return;
    this.#slotOfRun.delete(run);
    this.#free.push(slot);
  }

  get(slot: number, field: number): number {
    const column = this.#page(slot)[field];
    return column === undefined ? UNKNOWN_RUN[field]! : column[slot % PAGE_RUNS]!;
  }

  set(slot: number, field: number, value: number): void {
    setField(this.#page(slot), field, slot % PAGE_RUNS, value);
  }

  /** Copy the first `fields` fields of a run to `to`, from index `at` on. */
  read(slot: number, to: Float64Array, at = 0, fields: number = RUN_FIELDS): void {
    const page = this.#page(slot);
    const index = slot % PAGE_RUNS;
    for (let field = 0; field < fields; field++) {
      const column = page[field];
      to[at + field] = column === undefined ? UNKNOWN_RUN[field]! : column[index]!;
    }
  }

  /** Set all fields of a run. @param row - RUN_FIELDS values */
  write(slot: number, row: Float64Array): void {
    const page = this.#page(slot);
    const index = slot % PAGE_RUNS;
    for (let field = 0; field < RUN_FIELDS; field++) setField(page, field, index, row[field]!);
  }

  /**
   * Compare the first CHANGE_FIELDS fields of a run with the values from `from` on.
   * @param before - gets what they are
   * @returns a mask of those that differ, by their index
   */
  differing(slot: number, before: Float64Array, values: Float64Array, from: number): number {
    const page = this.#page(slot);
    const index = slot % PAGE_RUNS;
    let mask = 0;
    for (let field = 0; field < CHANGE_FIELDS; field++) {
      const column = page[field];
      const is = column === undefined ? UNKNOWN_RUN[field]! : column[index]!;
      before[field] = is;
      if (!Object.is(values[from + field]!, is)) mask |= 1 << field;
    }
    return mask;
  }

  /** The first CHANGE_FIELDS fields of a run become the values from `from` on. @param before - gets what they were */
  replace(slot: number, before: Float64Array, values: Float64Array, from: number): void {
    const page = this.#page(slot);
    const index = slot % PAGE_RUNS;
    for (let left = this.differing(slot, before, values, from); left !== 0; left &= left - 1) {
      const field = lowestBit(left);
      setField(page, field, index, values[from + field]!);
    }
  }

  #page(slot: number): Page {
    return this.#pages[Math.floor(slot / PAGE_RUNS)]!;
  }
}

/** Index of the lowest bit that is set; a mask of CHANGE_FIELDS (30) bits fits the 32-bit operators. @param mask - not 0 */
export const lowestBit = (mask: number): number => 31 - Math.clz32(mask & -mask);

const setField = (page: Page, field: number, index: number, value: number): void => {
  let column = page[field];
  if (column === undefined) {
    const unknown = UNKNOWN_RUN[field]!;
    if (Object.is(value, unknown)) return;
    column = new (columnFor(value))(PAGE_RUNS);
    if (unknown !== 0) column.fill(unknown);
    page[field] = column;
  } else if (!fits(column, value)) {
    column = columnFor(value).from(column);
    page[field] = column;
  }
  column[index] = value;
};

/** Not `===`: a -0 is kept, differences on disk are taken bit by bit. */
const isInt8 = (value: number): boolean => Object.is((value << 24) >> 24, value);
const isInt32 = (value: number): boolean => Object.is(value | 0, value);

const fits = (column: Column, value: number): boolean =>
  column instanceof Float64Array || (column instanceof Int32Array ? isInt32(value) : isInt8(value));

const columnFor = (value: number): Int8ArrayConstructor | Int32ArrayConstructor | Float64ArrayConstructor => {
  if (isInt8(value)) return Int8Array;
  return isInt32(value) ? Int32Array : Float64Array;
};
