/** Tokens that flow in at a constant rate into a bucket of limited size. */
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
    this.#fill(nowMs);
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#ratePerMs;
    this.#tokens--;
    return 0;
  }

  /** Whether `take` would give one. */
  hasToken(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= 1;
  }

  #fill(nowMs: number): void {
    const flown = (nowMs - this.#filledMs) * this.#ratePerMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + flown);
    this.#filledMs = nowMs;
  }
}
