const EMPTY = -1;
const FULLEST = 0.85;
const LEAST_ROOM = 16;

/** A map from u32 numbers to slots, as two typed arrays with open addressing: a quarter of the memory of a Map. */
export class NumberMap {
  #keys: Uint32Array;
  #slots: Int32Array;
  #size = 0;

  /** @param expected - keys it has room for from the start */
  constructor(expected = 0) {
    const room = Math.max(LEAST_ROOM, 2 ** Math.ceil(Math.log2(Math.max(1, expected / FULLEST))));
    this.#keys = new Uint32Array(room);
    this.#slots = new Int32Array(room).fill(EMPTY);
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the slot, or -1 */
  get(key: number): number {
    const slots = this.#slots;
    for (let at = this.#home(key); slots[at] !== EMPTY; at = this.#next(at)) {
      if (this.#keys[at] === key) return slots[at]!;
    }
    return EMPTY;
  }

  /** @param slot - 0 or more */
  set(key: number, slot: number): void {
    if (this.#size + 1 > this.#slots.length * FULLEST) this.#grow();
    let at = this.#home(key);
    while (this.#slots[at] !== EMPTY && this.#keys[at] !== key) at = this.#next(at);
    if (this.#slots[at] === EMPTY) this.#size++;
    this.#keys[at] = key;
    this.#slots[at] = slot;
  }

  delete(key: number): void {
    let at = this.#home(key);
    while (this.#slots[at] !== EMPTY && this.#keys[at] !== key) at = this.#next(at);
    if (this.#slots[at] === EMPTY) return;
    this.#slots[at] = EMPTY;
    this.#size--;
    this.#closeHole(at);
  }

  /** Write the keys, in no particular order. @param into - room for `size` of them */
  keysInto(into: Float64Array): void {
    let count = 0;
    for (let at = 0; at < this.#slots.length; at++) {
      if (this.#slots[at] !== EMPTY) into[count++] = this.#keys[at]!;
    }
  }

  /** Slots in no particular order. */
  *values(): Generator<number> {
    for (const slot of this.#slots) if (slot !== EMPTY) yield slot;
  }

  /** Entries behind a hole move into it when their search would otherwise end there. */
  #closeHole(from: number): void {
    let hole = from;
    for (let at = this.#next(hole); this.#slots[at] !== EMPTY; at = this.#next(at)) {
      const mask = this.#slots.length - 1;
      const distance = (at - this.#home(this.#keys[at]!)) & mask;
      if (distance < ((at - hole) & mask)) continue;
      this.#keys[hole] = this.#keys[at]!;
      this.#slots[hole] = this.#slots[at]!;
      this.#slots[at] = EMPTY;
      hole = at;
    }
  }

  #home(key: number): number {
    // Fibonacci hashing spreads consecutive numbers
    return (Math.imul(key, 0x9e37_79b1) >>> 8) & (this.#slots.length - 1);
  }

  #next(at: number): number {
    return (at + 1) & (this.#slots.length - 1);
  }

  #grow(): void {
    const [keys, slots] = [this.#keys, this.#slots];
    this.#keys = new Uint32Array(keys.length * 2);
    this.#slots = new Int32Array(keys.length * 2).fill(EMPTY);
    this.#size = 0;
    // an iterator would allocate for each of them
    for (let at = 0; at < slots.length; at++) if (slots[at] !== EMPTY) this.set(keys[at]!, slots[at]!);
  }
}
