/** Tokens that flow in at a constant rate into a bucket of limited size; each datagram takes one. */
export class TokenBucket {
  readonly #ratePerMs: number;
  readonly #capacity: number;
  #tokens: number;
  #filledMs: number;

  /** Full at `nowMs`. @param rateHz - tokens per second, above 0 @param capacity - the greatest burst, 1 or more */
  constructor(rateHz: number, capacity: number, nowMs: number) {
    this.#ratePerMs = rateHz / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#filledMs = nowMs;
  }

  /** Takes one token. @returns 0, or how many milliseconds to wait before asking again */
  take(nowMs: number): number {
    const flown = (nowMs - this.#filledMs) * this.#ratePerMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + flown);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#ratePerMs;
    this.#tokens--;
    return 0;
  }
}

/** after a pause a fleet catches up at twice its rate, so that its own burst does not overflow what it feeds */
const CATCH_UP = 2;
const SMALLEST_RATE_HZ = 10_000;
const SMALLEST_BURST = 64;
const BURST_SECONDS = 0.01;

/** Decides when a datagram that is due at an instant of the simulation may leave. */
export class Pacer {
  readonly #startMs: number;
  readonly #bucket: TokenBucket;

  constructor(totalRateHz: number, startMs: number) {
    const rateHz = CATCH_UP * Math.max(totalRateHz, SMALLEST_RATE_HZ);
    this.#startMs = startMs;
    this.#bucket = new TokenBucket(rateHz, Math.max(SMALLEST_BURST, rateHz * BURST_SECONDS), startMs);
  }

  /** @returns 0 when it may leave now (and is counted), else how many milliseconds to wait before asking again */
  waitMs(dueUs: number, nowMs: number): number {
    const earlyMs = dueUs / 1000 - (nowMs - this.#startMs);
    return earlyMs > 0 ? earlyMs : this.#bucket.take(nowMs);
  }
}
