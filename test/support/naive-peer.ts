import { RoundTrip } from "../../collector/recovery/round-trip.ts";

interface Answer {
  requests: number;
  askedAtMs: number;
  atMs: number;
}

/** What docs/ledger.md ("Recovery") says of one device, from all that ever happened. */
export class NaivePeer {
  readonly nacksMs: number[] = [];
  /** when it was heard before each of them */
  readonly heardMs: number[] = [];
  readonly answers: Answer[] = [];
  hasSpoken = false;

  /** Only the first answer to each NACK is a sample, and none to a NACK older than one that gave a sample. */
  get roundTrip(): RoundTrip {
    const trip = new RoundTrip();
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const { requests, askedAtMs, atMs } of this.answers) {
      if (askedAtMs <= newestMs) continue;
      newestMs = askedAtMs;
      if (requests > 1) trip.ambiguous();
      else trip.sample(atMs - askedAtMs);
    }
    return trip;
  }

  isDeaf(nowMs: number): boolean {
    if (this.hasSpoken || this.answers.length > 0) return false;
    const [first, ...others] = this.nacksMs.filter(
      (_, at) => at === 0 || this.heardMs[at]! > this.nacksMs[at - 1]!,
    );
    return others.length >= 5 && nowMs - first! >= 1500;
  }

  mayProbe(nowMs: number): boolean {
    return nowMs - (this.nacksMs.at(-1) ?? Number.NEGATIVE_INFINITY) >= 30_000;
  }

  busyUntilMs(askedAtMs: number, nowMs: number): number {
    const last = this.answers.at(-1);
    if (last === undefined || last.askedAtMs > askedAtMs) return -1;
    const untilMs = last.atMs + this.roundTrip.spacingMs;
    return untilMs > nowMs ? untilMs : -1;
  }
}
