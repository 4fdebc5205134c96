import { seededRandom } from "../seeded-random.ts";

/** Choices that are the same for the same seed. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** in [0, 1) */
  next(): number {
    return this.#random();
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** an integer in [0, end) */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}
