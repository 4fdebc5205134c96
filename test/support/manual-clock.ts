import type { Clock } from "../../common/clock.ts";

/** A clock that stands still until told to move: both clocks advance together, and the wall clock can be stepped alone. */
export class ManualClock implements Clock {
  #wallUs: number;
  #monotonicMs: number;

  /** @param wallUs - 2026-11-20T12:00:00Z unless given */
  constructor(wallUs = 1_795_176_000_000_000, monotonicMs = 1000) {
    this.#wallUs = wallUs;
    this.#monotonicMs = monotonicMs;
  }

  wallUs(): number {
    return this.#wallUs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Let time pass on both clocks. */
  advanceMs(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallUs += Math.round(ms * 1000);
  }

  /** Step the wall clock alone, as NTP or an operator does. */
  stepWallUs(us: number): void {
    this.#wallUs += us;
  }
}
