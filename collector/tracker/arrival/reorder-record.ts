/** n of n-reordering that are told apart: 1 to this */
export const MOST_N = 8;
/** arrivals out of order that are remembered; of what came before them n is a lower bound */
const STACK = 8;

/**
 * What came out of order in one run (RFC 4737), in figures of constant size. An arrival's ordinal is how many numbers had been received before it,
 * answers to NACKs not counted.
 */
export class ReorderRecord {
  count = 0;
  /** of the extents (RFC 4737 §4.2) */
  greatestExtent = 0;
  extentSum = 0;
  /** the longest time after the gap was opened, microseconds */
  greatestDelayUs = 0;
  /** at n - 1: arrivals that were at least n-reordered (RFC 4737 §5) */
  readonly atLeast: number[] = new Array<number>(MOST_N).fill(0);
  /** arrivals out of order, ordinal and number, both ascending: one is gone when a smaller number came later */
  readonly #stack: number[] = [];
  /** ordinal of the newest that had no room */
  #forgotten = -1;

  /**
   * A number came after a greater one.
   * @param ordinal - of this arrival
   * @param opener - ordinal of the first arrival that was greater: it opened the gap
   */
  add(number: number, ordinal: number, opener: number, delayUs: number): void {
    const extent = ordinal - opener;
    this.count++;
    this.extentSum += extent;
    if (extent > this.greatestExtent) this.greatestExtent = extent;
    if (delayUs > this.greatestDelayUs) this.greatestDelayUs = delayUs;
    const n = ordinal - 1 - Math.max(opener - 1, this.#lastSmaller(number));
    for (let index = Math.min(n, MOST_N) - 1; index >= 0; index--) this.atLeast[index]!++;
    this.#remember(ordinal, number);
  }

  /** Ordinal of the last arrival out of order with a smaller number, -1 = none. What has a greater one is not needed any more. */
  #lastSmaller(number: number): number {
    const stack = this.#stack;
    while (stack.length > 0 && stack[stack.length - 1]! > number) stack.length -= 2;
    return stack.length > 0 ? stack[stack.length - 2]! : this.#forgotten;
  }

  #remember(ordinal: number, number: number): void {
    this.#stack.push(ordinal, number);
    if (this.#stack.length <= 2 * STACK) return;
    this.#forgotten = this.#stack[0]!;
    this.#stack.splice(0, 2);
  }
}
