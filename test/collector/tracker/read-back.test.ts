import fc from "fast-check";
import { expect, test } from "vitest";
import type { FaultEvent } from "../../support/fault-script/events.ts";
import { ROOMY } from "../../support/ledger-pair/bounds.ts";
import { parameters, TIMEOUT_MS } from "../../support/ledger-pair/fuzz-runs.ts";
import { LedgerPair } from "../../support/ledger-pair/ledger-pair.ts";

// Runs that leave the memory and are read back, against the naive ledger, which keeps them all.

interface Turn {
  epoch: number;
  /** it goes on with its numbers, begins at 0 again, or at a number nobody believes at once: a run of its own */
  numbering: "same" | "reused" | "split";
  /** numbers lost before it speaks */
  lost: number;
  /** it begins with copies of so many of the last numbers it sent, in its newest numbering or an older one */
  copies: number;
  copied: number;
  end: "none" | "restart" | "crash";
}

/** so few that an epoch has some runs in memory and some that have left it */
const FEW = 3;

const turnWith = (epochs: number, ends: readonly Turn["end"][]): fc.Arbitrary<Turn> =>
  fc.record({
    epoch: fc.nat({ max: epochs - 1 }),
    // of many epochs each is one numbering
    numbering: fc.constantFrom<Turn["numbering"]>(
      "same",
      ...(epochs > FEW ? [] : (["reused", "split"] as const)),
    ),
    lost: fc.nat({ max: 2 }),
    copies: fc.nat({ max: 3 }),
    copied: fc.nat({ max: 4 }),
    end: fc.constantFrom(...Array<"none">(12).fill("none"), ...ends),
  });

const START_US = 1_795_176_000_000_000;
const RESTART_MS = 1000;
/** the current run is silent after it, and three new runs take more than a minute */
const PAUSE_MS = 20_001;

/** beyond what is believed of a device that sends so seldom */
const BEYOND = 2 ** 21;

/** One device, whose epochs speak in turn. A datagram is sent when it arrives; a copy of it keeps its time. */
class Speaker {
  #nowMs = 0;
  /** by epoch, for each of its numberings: when its datagrams were sent, by number */
  readonly #sentUs = new Map<number, Map<number, number>[]>();

  /** An epoch speaks, and all there is to tell of it has been told when the next one does. */
  eventsOf({ epoch, numbering, lost, copies, copied, end }: Turn): FaultEvent[] {
    const numberings = this.#sentUs.get(epoch) ?? [];
    this.#sentUs.set(epoch, numberings);
    const original = numberings.at(-1 - (copied % Math.max(1, numberings.length))) ?? new Map();
    const again = [...original]
      .slice(Math.max(0, original.size - copies))
      .map((sent) => said(epoch, ...sent));
    const next = nextOf(numberings, numbering, lost);
    const nowUs = START_US + this.#nowMs * 1000;
    const current = numberings.at(-1)!;
    current.set(next, nowUs);
    current.set(next + 1, nowUs);
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

/** The number that comes next; of a numbering that begins it makes a place. */
const nextOf = (numberings: Map<number, number>[], numbering: Turn["numbering"], lost: number): number => {
  const former = [...(numberings.at(-1)?.keys() ?? [])].at(-1);
  if (former === undefined || numbering !== "same") numberings.push(new Map());
  if (former === undefined || numbering === "reused") return 0;
  // above all those before it
  return numbering === "split" ? numberings.length * BEYOND : former + 1 + lost;
};

const said = (epoch: number, sequence: number, sendTimeUs: number): FaultEvent => ({
  event: "datagram",
  port: 1,
  datagram: { device: "pump-7", kind: "data", epoch, sequence, sendTimeUs, isRelative: false },
});

/** The same of a sender that gives no times: what it sends again may be held, and its run may leave the memory meanwhile. */
const clockless = (event: FaultEvent): FaultEvent =>
  event.event === "datagram" ? { ...event, datagram: { ...event.datagram, sendTimeUs: 0 } } : event;

const RESTARTS = ["restart", "crash"] as const;
const CASES = [
  { epochs: 16, maxNames: 0, ends: [] },
  { epochs: 16, maxNames: 0, ends: RESTARTS },
  { epochs: 16, maxNames: 3, ends: [] },
  { epochs: 16, maxNames: 3, ends: RESTARTS },
  { epochs: 16, maxNames: 100, ends: RESTARTS },
  { epochs: FEW, maxNames: 3, ends: [] },
  { epochs: FEW, maxNames: 3, ends: [], hasClock: false },
  { epochs: FEW, maxNames: 100, ends: RESTARTS },
];

test.each(CASES)(
  "R4: $epochs epochs that speak again are the runs they were, with room for $maxNames names and $ends.length kinds of restarts",
  ({ epochs, maxNames, ends, hasClock = true }) => {
    let readBack = 0;
    // of few epochs a turn may be about two runs
    const bounds =
      epochs > FEW ? { maxOpenRuns: 2, maxNewRunsPerMinute: 3 } : { maxOpenRuns: 3, maxNewRunsPerMinute: 16 };
    const options = { ...ROOMY, ...bounds, maxClosedRuns: 2, maxNames };
    const turns = fc.array(turnWith(epochs, ends), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(turns, (each) => {
        const speaker = new Speaker();
        const pair = new LedgerPair(() => undefined, options, false, true);
        const events = each.flatMap((turn) => speaker.eventsOf(turn));
        pair.play(hasClock ? events : events.map(clockless));
        readBack += pair.readBack;
      }),
      parameters(40, maxNames),
    );
    expect(readBack).toBeGreaterThan(100);
  },
  TIMEOUT_MS,
);
