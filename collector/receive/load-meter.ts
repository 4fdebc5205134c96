/** Datagrams per second from which on a worker is under load: a nap of 0.3 ms then saves two wake-ups at least. */
export const LOADED_HZ = 10_000;
/** the rate is that of the last whole window of at least this length */
const WINDOW_MS = 10;

/** Tells load from idling by the rate of the last few milliseconds. Pure: the caller brings the times. */
export class LoadMeter {
  #sinceMs: number;
  #datagrams = 0;
  #isLoaded = false;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  add(datagrams: number, nowMs: number): void {
    this.#datagrams += datagrams;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < WINDOW_MS) return;
    this.#isLoaded = this.#datagrams * 1000 >= LOADED_HZ * elapsedMs;
    this.#sinceMs = nowMs;
    this.#datagrams = 0;
  }
}
