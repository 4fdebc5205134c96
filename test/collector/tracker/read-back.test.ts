import fc from "fast-check";
import { expect, test } from "vitest";
import type { FaultEvent } from "../../support/fault-script/events.ts";
import { ROOMY } from "../../support/ledger-pair/bounds.ts";
import { parameters, TIMEOUT_MS } from "../../support/ledger-pair/fuzz-runs.ts";
import { LedgerPair } from "../../support/ledger-pair/ledger-pair.ts";

// Runs that leave the memory and are read back, against the naive ledger, which keeps them all.

interface Turn {
  epoch: number;
  /** numbers lost before it speaks */
  lost: number;
  /** it begins with copies of so many of the last numbers it sent */
  copies: number;
  end: "none" | "restart" | "crash";
}

const turnWith = (mostLost: number, ends: readonly Turn["end"][]): fc.Arbitrary<Turn> =>
  fc.record({
    epoch: fc.nat({ max: 15 }),
    lost: fc.nat({ max: mostLost }),
    copies: fc.nat({ max: 3 }),
    end: fc.constantFrom(...Array<"none">(12).fill("none"), ...ends),
  });

const START_US = 1_795_176_000_000_000;
const RESTART_MS = 1000;
/** the current run is silent after it, and three new runs take more than a minute */
const PAUSE_MS = 20_001;

/** One device, whose epochs speak in turn. A datagram is sent when it arrives; a copy of it keeps its time. */
class Speaker {
  #nowMs = 0;
  /** by epoch, when its datagrams were sent, by number */
  readonly #sentUs = new Map<number, number[]>();

  /** An epoch speaks, and all there is to tell of it has been told when the next one does. */
  eventsOf({ epoch, lost, copies, end }: Turn): FaultEvent[] {
    const sent = this.#sentUs.get(epoch) ?? [];
    this.#sentUs.set(epoch, sent);
    const numbers = Object.keys(sent).map(Number);
    const next = numbers.length === 0 ? 0 : sent.length + lost;
    const again = numbers.slice(Math.max(0, numbers.length - copies)).map((n) => said(epoch, n, sent[n]!));
    const nowUs = START_US + this.#nowMs * 1000;
    sent[next] = nowUs;
    sent[next + 1] = nowUs;
    const isRestart = end !== "none";
    this.#nowMs += 250 + (isRestart ? RESTART_MS : 0) + PAUSE_MS;
    return [
      ...again,
      said(epoch, next, nowUs),
      said(epoch, next + 1, nowUs),
      { event: "advance", ms: 250 },
      { event: "tick", lagMs: 0, maxClosures: 1000 },
      { event: "commit" },
      ...(isRestart ? [{ event: `collector-${end}` as const, ms: RESTART_MS }] : []),
      { event: "advance", ms: PAUSE_MS },
    ];
  }
}

const said = (epoch: number, sequence: number, sendTimeUs: number): FaultEvent => ({
  event: "datagram",
  port: 1,
  datagram: { device: "pump-7", kind: "data", epoch, sequence, sendTimeUs, isRelative: false },
});

const RESTARTS = ["restart", "crash"] as const;
/** Whether a run has been heard since the start is forgotten with its name: then `collector-down` may be `undetermined`, so there is no loss across a restart there. */
const CASES = [
  { maxNames: 0, mostLost: 2, ends: [] },
  { maxNames: 0, mostLost: 0, ends: RESTARTS },
  { maxNames: 3, mostLost: 2, ends: [] },
  { maxNames: 3, mostLost: 0, ends: RESTARTS },
  { maxNames: 100, mostLost: 2, ends: RESTARTS },
];

test.each(CASES)(
  "R4: epochs that speak again are the runs they were, with room for $maxNames names, $mostLost lost and $ends.length kinds of restarts",
  ({ maxNames, mostLost, ends }) => {
    let readBack = 0;
    const options = { ...ROOMY, maxOpenRuns: 2, maxNewRunsPerMinute: 3, maxClosedRuns: 2, maxNames };
    const turns = fc.array(turnWith(mostLost, ends), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(turns, (each) => {
        const speaker = new Speaker();
        const pair = new LedgerPair(() => undefined, options, false, true);
        pair.play(each.flatMap((turn) => speaker.eventsOf(turn)));
        readBack += pair.readBack;
      }),
      parameters(40, maxNames),
    );
    expect(readBack).toBeGreaterThan(100);
  },
  TIMEOUT_MS,
);
