import { firstPassing } from "../../common/first-passing.ts";

/** So many devices come and go before they are put in their places at the latest: nothing may grow because nobody asks. */
const MOST_CHANGES = 20_000;

/** Slots in the order of their ids (UTF-16 code units). What one device more costs does not depend on how many there are, but for a copy of their slots. */
export class IdOrder {
  readonly #ids: readonly string[];
  #slots: Int32Array;
  readonly #came = new Set<number>();
  readonly #gone = new Set<number>();

  /** @param ids - of each slot that is in the order @param slots - in any order */
  constructor(ids: readonly string[], slots: Iterable<number>) {
    this.#ids = ids;
    this.#slots = Int32Array.from(this.#sorted(slots));
  }

  /** The slot, which has its id by now, was not in the order. */
  came(slot: number): void {
    this.#came.add(slot);
    this.#changed();
  }

  /** The slot was in the order; its id may be another one from now on. */
  gone(slot: number): void {
    if (!this.#came.delete(slot)) this.#gone.add(slot);
    this.#changed();
  }

  /** All slots; to be read at once. */
  get slots(): Int32Array {
    if (this.#came.size + this.#gone.size > 0) this.#settle();
    return this.#slots;
  }

  /** Where in `slots` the first id greater than `id` is; the end when there is none. */
  after(id: string): number {
    const { slots } = this;
    return this.#lowest(slots, 0, (other) => other > id);
  }

  #changed(): void {
    if (this.#came.size + this.#gone.size > MOST_CHANGES) this.#settle();
  }

  #settle(): void {
    const gone = this.#gone;
    const left = gone.size === 0 ? this.#slots : this.#slots.filter((slot) => !gone.has(slot));
    const slots = new Int32Array(left.length + this.#came.size);
    let [from, at] = [0, 0];
    for (const slot of this.#sorted(this.#came)) {
      const id = this.#ids[slot]!;
      const to = this.#lowest(left, from, (other) => other >= id);
      slots.set(left.subarray(from, to), at);
      at += to - from;
      slots[at++] = slot;
      from = to;
    }
    slots.set(left.subarray(from), at);
    this.#slots = slots;
    this.#came.clear();
    gone.clear();
  }

  #sorted(slots: Iterable<number>): number[] {
    const ids = this.#ids;
    return [...slots].sort((a, b) => (ids[a]! < ids[b]! ? -1 : Number(ids[a]! > ids[b]!)));
  }

  /** The lowest index from `from` on whose id passes, as all behind it do. */
  #lowest(slots: Int32Array, from: number, passes: (id: string) => boolean): number {
    return firstPassing(from, slots.length, (index) => passes(this.#ids[slots[index]!]!));
  }
}
