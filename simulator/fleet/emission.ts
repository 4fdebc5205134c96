import { KIND } from "../../protocol/constants.ts";
import type { Range } from "../../protocol/ranges.ts";

const NOTHING: readonly Range[] = [];

/** One datagram on its way: what it says is a function of these fields and the settings, so bytes are made only when it leaves. */
export class Emission {
  /** when it leaves, microseconds since the start of the simulation */
  dueUs = 0;
  device = 0;
  /** 0, or 1: to the second target */
  path = 0;
  /** KIND.DATA, KIND.HEARTBEAT, KIND.DESCRIBE or KIND.GONE */
  kind = 0;
  /** u32; declared unless the format leaves it out */
  epoch = 0;
  /** DATA: its own number; GONE of a former epoch: -1; else the number the next DATA will carry */
  sequence = 0;
  /** the device's clock when it was made, microseconds since the Unix epoch */
  sendTimeUs = 0;
  /** 0 = intact, else what the damage is drawn from, u32 */
  damage = 0;
  /** HEARTBEAT: the epoch is over */
  isEnd = false;
  /** GONE: of these numbers */
  gone = NOTHING;
}

const FIELDS = 9;
const FIRST_CAPACITY = 1024;

/**
 * Emissions by due time, those of one instant in the order they came: a binary heap over typed arrays, since at 50,000 datagrams/s with a
 * second of delay as many wait.
 */
export class EmissionQueue {
  #capacity = FIRST_CAPACITY;
  /** FIELDS per entry, entry 0 leaves next */
  #entries = new Float64Array(FIRST_CAPACITY * FIELDS);
  /** of the entries that are GONE, by their order */
  readonly #gone = new Map<number, readonly Range[]>();
  #size = 0;
  #order = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity when empty */
  get nextDueUs(): number {
    return this.#size === 0 ? Infinity : this.#entries[0]!;
  }

  /** Of the earliest; the queue must not be empty. */
  get nextPath(): number {
    return this.#entries[8]!;
  }

  /** Copies the emission. */
  push(emission: Emission): void {
    if (this.#size === this.#capacity) this.#grow();
    const entries = this.#entries;
    const order = this.#order++;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >>> 1;
      // orders only grow, so an equal due time stays below
      if (entries[parent * FIELDS]! <= emission.dueUs) break;
      entries.copyWithin(hole * FIELDS, parent * FIELDS, (parent + 1) * FIELDS);
      hole = parent;
    }
    const base = hole * FIELDS;
    entries[base] = emission.dueUs;
    entries[base + 1] = order;
    entries[base + 2] = emission.device;
    entries[base + 3] = emission.isEnd ? -emission.kind : emission.kind;
    entries[base + 4] = emission.epoch;
    entries[base + 5] = emission.sequence;
    entries[base + 6] = emission.sendTimeUs;
    entries[base + 7] = emission.damage;
    entries[base + 8] = emission.path;
    if (emission.kind === KIND.GONE) this.#gone.set(order, emission.gone);
  }

  /** Moves the earliest into `out`; the queue must not be empty. */
  pop(out: Emission): void {
    const entries = this.#entries;
    out.dueUs = entries[0]!;
    out.device = entries[2]!;
    out.isEnd = entries[3]! < 0;
    out.kind = Math.abs(entries[3]!);
    out.epoch = entries[4]!;
    out.sequence = entries[5]!;
    out.sendTimeUs = entries[6]!;
    out.damage = entries[7]!;
    out.path = entries[8]!;
    out.gone = NOTHING;
    if (out.kind === KIND.GONE) {
      out.gone = this.#gone.get(entries[1]!)!;
      this.#gone.delete(entries[1]!);
    }
    this.#size--;
    if (this.#size > 0) this.#sink(this.#size);
  }

  /** Puts the entry at index `moved` where the first was. */
  #sink(moved: number): void {
    const entries = this.#entries;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBefore(child + 1, child)) child++;
      if (!this.#isBefore(child, moved)) break;
      entries.copyWithin(hole * FIELDS, child * FIELDS, (child + 1) * FIELDS);
      hole = child;
    }
    entries.copyWithin(hole * FIELDS, moved * FIELDS, (moved + 1) * FIELDS);
  }

  #isBefore(a: number, b: number): boolean {
    const entries = this.#entries;
    const apartUs = entries[a * FIELDS]! - entries[b * FIELDS]!;
    return apartUs < 0 || (apartUs === 0 && entries[a * FIELDS + 1]! < entries[b * FIELDS + 1]!);
  }

  #grow(): void {
    this.#capacity *= 2;
    const entries = new Float64Array(this.#capacity * FIELDS);
    entries.set(this.#entries);
    this.#entries = entries;
  }
}
