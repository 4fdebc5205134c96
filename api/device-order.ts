import type { LedgerSource } from "./sources.ts";

/**
 * Device ids in a fixed order (UTF-16 code units), for pages. The order is kept and only made anew when devices came or went.
 * New ids are sorted into the former order, which costs far less than sorting all: engines sort runs already in order in one pass.
 */
export class DeviceOrder {
  readonly #ledger: LedgerSource;
  #version = -1;
  #sorted: string[] = [];
  #known = new Set<string>();

  constructor(ledger: LedgerSource) {
    this.#ledger = ledger;
  }

  /**
   * The page after an id.
   * @param after - last id of the former page, which may be gone meanwhile; null = from the start
   * @returns at most `limit` ids, and the id to go on after, null at the end
   */
  page(after: string | null, limit: number): { ids: string[]; next: string | null } {
    this.#refresh();
    const start = after === null ? 0 : this.#indexAfter(after);
    const ids = this.#sorted.slice(start, start + limit);
    const isLast = start + ids.length >= this.#sorted.length;
    return { ids, next: isLast ? null : ids.at(-1)! };
  }

  #refresh(): void {
    if (this.#version === this.#ledger.devicesVersion) return;
    const current = new Set(this.#ledger.deviceIds());
    const sorted = this.#sorted.filter((id) => current.has(id));
    for (const id of current) if (!this.#known.has(id)) sorted.push(id);
    this.#sorted = sorted.sort();
    this.#known = current;
    this.#version = this.#ledger.devicesVersion;
  }

  /** Index of the first id greater than `id`. */
  #indexAfter(id: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
