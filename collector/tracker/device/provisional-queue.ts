const NONE = -1;

/** Slots of the provisional devices, in the order in which they came: a list linked by slot, so that one leaves it at no cost wherever it stands. */
export class ProvisionalQueue {
  /** how many there are */
  count = 0;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;

  /** @param capacity - slots are below that */
  constructor(capacity: number) {
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  /** -1 = there is none */
  get oldest(): number {
    return this.#oldest;
  }

  /** @param slot - not in the queue */
  push(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    this.count++;
  }

  /** @param slot - in the queue */
  remove(slot: number): void {
    const [older, newer] = [this.#older[slot]!, this.#newer[slot]!];
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.count--;
  }
}
