import { GREATEST_SPACING_MS, SMALLEST_SPACING_MS, UNMEASURED_SPACING_MS } from "./limits.ts";

/**
 * How long an answer of one device takes, from NACK to the first number it named: smoothed mean and variation by RFC 6298 §2. By Karn's rule
 * (§3) only numbers that were asked for once are a sample; one that came after it was asked for again doubles the waiting time until the next
 * sample, else a path slower than the first guess would never be measured.
 */
export class RoundTrip {
  /** how long to wait for an answer before asking again, milliseconds */
  spacingMs = UNMEASURED_SPACING_MS;
  /** smoothed, milliseconds; -1 = not measured yet */
  smoothedMs = -1;
  #variationMs = 0;

  sample(ms: number): void {
    if (this.smoothedMs < 0) {
      this.smoothedMs = ms;
      this.#variationMs = ms / 2;
    } else {
      this.#variationMs += (Math.abs(this.smoothedMs - ms) - this.#variationMs) / 4;
      this.smoothedMs += (ms - this.smoothedMs) / 8;
    }
    this.#wait(this.smoothedMs + 4 * this.#variationMs);
  }

  /** An answer came only after the number had been asked for again: perhaps it was asked again too early. */
  ambiguous(): void {
    this.#wait(this.spacingMs * 2);
  }

  /** @param requests - NACKs that have named the number, 1 or more @returns wait after the last of them, doubling with each */
  backedOffMs(requests: number): number {
    return Math.min(GREATEST_SPACING_MS, this.spacingMs * 2 ** (requests - 1));
  }

  #wait(ms: number): void {
    this.spacingMs = Math.min(GREATEST_SPACING_MS, Math.max(SMALLEST_SPACING_MS, ms));
  }
}
