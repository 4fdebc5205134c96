import { MisuseError } from "../../../common/errors.ts";

/** of batches, notes and the store, which keep them as u32 */
const GREATEST = 0xffff_ffff;

/** Numbers for new devices or runs: ascending from 1, all of one remainder, so that several workers never give the same one. */
export class NumberSource {
  readonly #step: number;
  readonly #remainder: number;
  #next = 0;

  /** @param worker - index of this worker among `workers` */
  constructor(worker: number, workers: number) {
    this.#step = workers;
    this.#remainder = worker;
    this.atLeast(1);
  }

  /** Numbers below are taken by somebody. */
  atLeast(first: number): void {
    const least = Math.max(first, this.#next);
    this.#next = least + ((this.#remainder - (least % this.#step) + this.#step) % this.#step);
  }

  /** None is left in this database. */
  get isUsedUp(): boolean {
    return this.#next > GREATEST;
  }

  /** @throws MisuseError when none is left */
  take(): number {
    if (this.isUsedUp) throw new MisuseError("the numbers of this database are used up");
    const number = this.#next;
    this.#next += this.#step;
    return number;
  }
}
