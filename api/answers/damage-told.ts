import type { DamagedPart } from "../sources.ts";

/** What is damaged, once: pages may tell of the same. */
export class DamageTold {
  readonly #keys = new Set<string>();
  #first: DamagedPart | undefined;

  get count(): number {
    return this.#keys.size;
  }

  /** Those that were not told before. */
  news(damaged: readonly DamagedPart[] = []): DamagedPart[] {
    return damaged.filter((part) => {
      const key = [part.epoch, part.run, part.segment, part.first].join();
      const isNew = !this.#keys.has(key);
      this.#keys.add(key);
      this.#first ??= part;
      return isNew;
    });
  }

  toString(): string {
    return `${this.count} parts, the first one in segment ${this.#first?.segment}`;
  }
}
