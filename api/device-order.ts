import type { LedgerSource } from "./sources.ts";

/** Two sorted lists of distinct ids as one. */
const merge = (a: readonly string[], b: readonly string[]): string[] => {
  const merged: string[] = [];
  let next = 0;
  for (const id of a) {
    while (next < b.length && b[next]! < id) merged.push(b[next++]!);
    merged.push(id);
  }
  while (next < b.length) merged.push(b[next++]!);
  return merged;
};

/**
 * Device ids in a fixed order (UTF-16 code units), for pages. The order is kept: requests between two changes cost nothing, and when devices
 * came only those are sorted.
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
    const { devicesVersion, deviceCount } = this.#ledger;
    if (this.#version === devicesVersion) return;
    const fresh: string[] = [];
    for (const id of this.#ledger.deviceIds()) if (!this.#known.has(id)) fresh.push(id);
    if (this.#known.size + fresh.length !== deviceCount) this.#forgetGone();
    for (const id of fresh) this.#known.add(id);
    this.#sorted = merge(this.#sorted, fresh.sort());
    this.#version = devicesVersion;
  }

  #forgetGone(): void {
    const current = new Set(this.#ledger.deviceIds());
    this.#sorted = this.#sorted.filter((id) => current.has(id));
    this.#known = new Set(this.#sorted);
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
