const KEPT = 256;

/** Durations of the last flushes. */
export class FlushTimes {
  readonly #ms = new Float64Array(KEPT);
  #count = 0;
  /** over all flushes */
  totalMs = 0;

  add(ms: number): void {
    this.#ms[this.#count++ % KEPT] = ms;
    this.totalMs += ms;
  }

  /** Median and greatest of the last 256, milliseconds; 0 while there was none. */
  summary(): { p50Ms: number; maxMs: number } {
    const kept = this.#ms.slice(0, Math.min(this.#count, KEPT)).sort();
    return { p50Ms: kept[Math.floor(kept.length / 2)] ?? 0, maxMs: kept.at(-1) ?? 0 };
  }
}
