import type { Count } from "../../protocol/ledger-counts.ts";

/** beyond it the next sum of two safe integers might not be exact */
const CARRY_AT = 2 ** 52;

/** Several running sums, exact also past 2^53: plain numbers, carried into a bigint now and then. */
export class ExactSums {
  readonly #low: Float64Array;
  /** by index, of those that were carried: mostly none */
  readonly #high: bigint[] = [];

  /** @param count - how many sums */
  constructor(count: number) {
    this.#low = new Float64Array(count);
  }

  /** @param delta - an integer, |delta| < 2^53 */
  add(index: number, delta: number): void {
    if (delta === 0) return;
    const low = this.#low[index]!;
    if (Math.abs(delta) < CARRY_AT && Math.abs(low) < CARRY_AT) {
      this.#low[index] = low + delta;
      return;
    }
    this.addBig(index, BigInt(low) + BigInt(delta));
    this.#low[index] = 0;
  }

  addBig(index: number, delta: bigint): void {
    this.#high[index] = (this.#high[index] ?? 0n) + delta;
  }

  big(index: number): bigint {
    return (this.#high[index] ?? 0n) + BigInt(this.#low[index]!);
  }

  /** A number while it is safe, a bigint beyond. */
  get(index: number): Count {
    // what is not carried is a safe integer
    if ((this.#high[index] ?? 0n) === 0n) return this.#low[index]!;
    const sum = this.big(index);
    return sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum;
  }
}
