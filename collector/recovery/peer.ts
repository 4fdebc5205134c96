import { DEAF_AFTER_MS, DEAF_AFTER_NACKS, DEAF_PROBE_MS } from "./limits.ts";
import { RoundTrip } from "./round-trip.ts";

/** One device as somebody who may answer. Times are monotonic milliseconds. */
export class Peer {
  readonly roundTrip = new RoundTrip();
  /** the last NACK: when and where to */
  askedMs = Number.NEGATIVE_INFINITY;
  askedAddress = "";
  askedPort = 0;
  /** the newest NACK that gave a sample of the round trip */
  #sampledMs = Number.NEGATIVE_INFINITY;
  /** the last answer, and the NACK it answered */
  #answerMs = Number.NEGATIVE_INFINITY;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;
  /** NACKs that went where the last one did, before which the device was heard, and when the first of them left */
  #nacks = 0;
  #firstNackMs = 0;

  /** @param heardMs - when the device was last heard: while nothing comes from it at all, that no answer comes says nothing of it */
  asked(address: string, port: number, heardMs: number, nowMs: number): void {
    if (!this.isAskedAt(address, port)) this.#nacks = 0;
    if (heardMs > this.askedMs) {
      if (this.#nacks === 0) this.#firstNackMs = nowMs;
      this.#nacks++;
    }
    this.askedMs = nowMs;
    this.askedAddress = address;
    this.askedPort = port;
  }

  /** Whether the last NACK went there. */
  isAskedAt(address: string, port: number): boolean {
    return this.askedAddress === address && this.askedPort === port;
  }

  /** A number came that was asked for `requests` times, last at `askedAtMs`. */
  answered(requests: number, askedAtMs: number, nowMs: number): void {
    this.spoke();
    this.#answerMs = nowMs;
    this.#answeredMs = askedAtMs;
    // one sample per NACK: the numbers it named come one after the other, at the device's own pace
    if (askedAtMs <= this.#sampledMs) return;
    this.#sampledMs = askedAtMs;
    if (requests === 1) this.roundTrip.sample(nowMs - askedAtMs);
    else this.roundTrip.ambiguous();
  }

  /** An answer of any kind: the device hears us. */
  spoke(): void {
    this.#hasAnswered = true;
  }

  /**
   * A device that sends again what an earlier or the same NACK named is still at it: what was asked for at `askedAtMs` may be on its way.
   * @returns when to ask again instead; -1 = it is not busy
   */
  busyUntilMs(askedAtMs: number, nowMs: number): number {
    const untilMs = this.#answerMs + this.roundTrip.spacingMs;
    return untilMs > nowMs && this.#answeredMs <= askedAtMs ? untilMs : -1;
  }

  /** It never answered and has had its chances: it does not hear NACKs where the last one went. */
  isDeaf(nowMs: number): boolean {
    return (
      !this.#hasAnswered && this.#nacks >= DEAF_AFTER_NACKS && nowMs - this.#firstNackMs >= DEAF_AFTER_MS
    );
  }

  /** A deaf device may be asked again after so long: it may hear by now. */
  mayProbe(nowMs: number): boolean {
    return nowMs - this.askedMs >= DEAF_PROBE_MS;
  }
}
