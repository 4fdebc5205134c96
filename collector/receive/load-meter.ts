/** How a worker is loaded, by datagrams per second. */
export const LOAD = {
  /** datagrams come alone */
  LIGHT: 0,
  /** from 500/s on, the next ones come soon */
  STEADY: 1,
  /** from 10,000/s on: a nap of 0.3 ms saves two wake-ups at least */
  HEAVY: 2,
} as const;
export type Load = (typeof LOAD)[keyof typeof LOAD];
const STEADY_HZ = 500;
const HEAVY_HZ = 10_000;
/** the rate is that of the last whole window of at least this length */
const WINDOW_MS = 10;

/** Tells load from idling by the rate of the last few milliseconds. Pure: the caller brings the times. */
export class LoadMeter {
  #sinceMs: number;
  #datagrams = 0;
  #load: Load = LOAD.LIGHT;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  get load(): Load {
    return this.#load;
  }

  add(datagrams: number, nowMs: number): void {
    this.#datagrams += datagrams;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < WINDOW_MS) return;
    const perSecond = (this.#datagrams * 1000) / elapsedMs;
    this.#load = perSecond >= HEAVY_HZ ? LOAD.HEAVY : perSecond >= STEADY_HZ ? LOAD.STEADY : LOAD.LIGHT;
    this.#sinceMs = nowMs;
    this.#datagrams = 0;
  }
}
