import { type FlushColumn, withRoom } from "../view/columns.ts";

const NONE = -1;

/** Slots that wait, in the order they began to, each with the flush it waits from: a list linked through columns, 16 bytes a slot. */
export class WaitingSlots {
  #size = 0;
  #first = NONE;
  #last = NONE;
  /** 0 = does not wait; flushes are numbered from 1 */
  #since: FlushColumn = new Float64Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);

  get size(): number {
    return this.#size;
  }

  /** The one that has waited longest; -1 = none waits. */
  get first(): number {
    return this.#first;
  }

  /** The slot behind a waiting one; -1 = it is the last. */
  after(slot: number): number {
    return this.#next[slot]!;
  }

  /** The flush a waiting slot waits from. */
  since(slot: number): number {
    return this.#since[slot]!;
  }

  /** A slot that waits already goes on as it does. */
  add(slot: number, since: number): void {
    if ((this.#since[slot] ?? 0) !== 0) return;
    this.#makeRoom(slot + 1);
    this.#since[slot] = since;
    this.#next[slot] = NONE;
    this.#previous[slot] = this.#last;
    if (this.#last === NONE) this.#first = slot;
    else this.#next[this.#last] = slot;
    this.#last = slot;
    this.#size++;
  }

  delete(slot: number): void {
    if (slot < 0 || (this.#since[slot] ?? 0) === 0) return;
    const [next, previous] = [this.#next[slot]!, this.#previous[slot]!];
    if (next === NONE) this.#last = previous;
    else this.#previous[next] = previous;
    if (previous === NONE) this.#first = next;
    else this.#next[previous] = next;
    this.#since[slot] = 0;
    this.#size--;
  }

  #makeRoom(length: number): void {
    this.#since = withRoom(this.#since, length);
    this.#next = withRoom(this.#next, length);
    this.#previous = withRoom(this.#previous, length);
  }
}
