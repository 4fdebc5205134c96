import { TokenBucket } from "../../common/token-bucket.ts";

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
