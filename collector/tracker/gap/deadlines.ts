import { widen } from "../widen.ts";

/**
 * What is due next: a binary heap of (deadline, item), items being slots. An item has one live entry; asking for an earlier
 * deadline outdates the old one, asking for a later one changes nothing, so the heap does not grow with what a sender does.
 */
export class Deadlines {
  #times = new Float64Array(64);
  #items = new Int32Array(64);
  #count = 0;
  /** live deadline of each item, +Infinity = none */
  #scheduled = new Float64Array(0);

  /** Have the item come out when its deadline is due. */
  schedule(item: number, deadlineMs: number): void {
    if (item >= this.#scheduled.length) this.#grow(item);
    if (this.#scheduled[item]! <= deadlineMs) return;
    this.#scheduled[item] = deadlineMs;
    this.#push(deadlineMs, item);
  }

  /** @returns an item with deadline <= nowMs, no longer scheduled; -1 when none is due */
  take(nowMs: number): number {
    while (this.#count > 0 && this.#times[0]! <= nowMs) {
      const time = this.#times[0]!;
      const item = this.#items[0]!;
      this.#pop();
      if (this.#scheduled[item] !== time) continue;
      this.#scheduled[item] = Number.POSITIVE_INFINITY;
      return item;
    }
    return -1;
  }

  #push(time: number, item: number): void {
    if (this.#count === this.#times.length) {
      this.#times = widen(this.#times, new Float64Array(this.#count * 2));
      this.#items = widen(this.#items, new Int32Array(this.#count * 2));
    }
    let at = this.#count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#items[at] = item;
  }

  #pop(): void {
    const last = --this.#count;
    const time = this.#times[last]!;
    const item = this.#items[last]!;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#items[at] = item;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#items[to] = this.#items[from]!;
  }

  #grow(item: number): void {
    const old = this.#scheduled;
    const wider = new Float64Array(Math.max(1024, 2 ** Math.ceil(Math.log2(item + 1)))).fill(
      Number.POSITIVE_INFINITY,
    );
    wider.set(old);
    this.#scheduled = wider;
  }
}
