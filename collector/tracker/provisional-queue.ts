/** Device slots, each with the number of the device that had it then, oldest first: a ring, so that neither end costs a copy. */
export class ProvisionalQueue {
  #slots = new Int32Array(1024);
  /** u32: so many devices a database numbers */
  #numbers = new Uint32Array(1024);
  #start = 0;
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** slot of the oldest entry; there must be one */
  get slot(): number {
    return this.#slots[this.#start]!;
  }

  /** number of the device that had the slot when the entry was made */
  get number(): number {
    return this.#numbers[this.#start]!;
  }

  push(slot: number, number: number): void {
    if (this.#count === this.#slots.length) this.#grow();
    const at = (this.#start + this.#count++) & (this.#slots.length - 1);
    this.#slots[at] = slot;
    this.#numbers[at] = number;
  }

  /** The oldest entry goes. */
  shift(): void {
    this.#start = (this.#start + 1) & (this.#slots.length - 1);
    this.#count--;
  }

  #grow(): void {
    const [slots, numbers, start] = [this.#slots, this.#numbers, this.#start];
    this.#slots = new Int32Array(slots.length * 2);
    this.#numbers = new Uint32Array(numbers.length * 2);
    this.#slots.set(slots.subarray(start));
    this.#slots.set(slots.subarray(0, start), slots.length - start);
    this.#numbers.set(numbers.subarray(start));
    this.#numbers.set(numbers.subarray(0, start), numbers.length - start);
    this.#start = 0;
  }
}
