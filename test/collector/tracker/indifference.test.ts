import fc from "fast-check";
import { expect, test } from "vitest";
import { ROW } from "../../../protocol/ledger-row.ts";
import type { FaultEvent } from "../../support/fault-script/events.ts";
import { expand } from "../../support/fault-script/expand.ts";
import { faultScript, type Move } from "../../support/fault-script/moves.ts";
import { ROOMY, TIGHT } from "../../support/ledger-pair/bounds.ts";
import { parameters, TIMEOUT_MS } from "../../support/ledger-pair/fuzz-runs.ts";
import { LedgerPair } from "../../support/ledger-pair/ledger-pair.ts";

/** What may not matter to the tracker, nor to the naive ledger beside it: the order of arrival, how ticks fall, a restart. */

const playOn = (
  options: typeof TIGHT,
  events: readonly FaultEvent[],
  hit: (rule: string) => void = () => undefined,
): LedgerPair => new LedgerPair(hit, options).play(events);

// ---- Any order of arrival within the window ---------------------------------------------------------------------

/** Numbers 0, 1, 2 … sent every 7 ms: how long the network keeps each, in milliseconds and less than a window; undefined = for ever. */
const flights = fc.array(fc.option(fc.nat({ max: 249 }), { nil: undefined, freq: 6 }), {
  minLength: 1,
  maxLength: 120,
});

const INTERVAL_MS = 7;

/** Arrivals in the order of time, ticks every 50 ms, a heartbeat after all of it. */
const flightEvents = (delays: (number | undefined)[]): FaultEvent[] => {
  const arrivals = delays
    .flatMap((delayMs, number) =>
      delayMs === undefined ? [] : [{ number, atMs: number * INTERVAL_MS + delayMs }],
    )
    .sort((a, b) => a.atMs - b.atMs);
  const events: FaultEvent[] = [];
  let nowMs = 0;
  const advanceTo = (atMs: number): void => {
    for (let nextTick = Math.ceil((nowMs + 1) / 50) * 50; nextTick <= atMs; nextTick += 50) {
      events.push({ event: "advance", ms: nextTick - nowMs }, tick);
      nowMs = nextTick;
    }
    if (atMs > nowMs) events.push({ event: "advance", ms: atMs - nowMs });
    nowMs = atMs;
  };
  for (const { number, atMs } of arrivals) {
    advanceTo(atMs);
    events.push({ event: "datagram", datagram: sent("data", number), port: 1 });
  }
  advanceTo(delays.length * INTERVAL_MS + 250);
  events.push({ event: "datagram", datagram: sent("heartbeat", delays.length), port: 1 });
  advanceTo(nowMs + 600);
  return events;
};

const tick: FaultEvent = { event: "tick", lagMs: 0, maxClosures: 10_000 };
const sent = (kind: "data" | "heartbeat", sequence: number) => ({
  device: "pump-7",
  kind,
  epoch: 3,
  sequence,
  sendTimeUs: 0,
  isRelative: false,
});

const rowOf = (pair: LedgerPair) => [...pair.store.rows.values()][0]!;

test(
  "any order of arrival within the window gives the same received, expected and lost",
  () => {
    fc.assert(
      fc.property(flights, (delays) => {
        const pair = playOn(ROOMY, flightEvents(delays));
        const arrived = delays.flatMap((delayMs, number) => (delayMs === undefined ? [] : [number]));
        const first = arrived[0] ?? delays.length;
        const row = rowOf(pair);
        expect([row[ROW.FIRST], row[ROW.HIGH_WATER]]).toEqual([first, delays.length - 1]);
        expect(row[ROW.IN_ORDER]! + row[ROW.REORDERED]!).toBe(arrived.length);
        expect(row[ROW.LATE]).toBe(0);
        expect(row[ROW.MISSING]).toBe(0);
        expect(row[ROW.LOST + 5]).toBe(delays.length - first - arrived.length);
      }),
      parameters(100),
    );
  },
  TIMEOUT_MS,
);

// ---- Ticks ------------------------------------------------------------------------------------------------------

/** The wait before each tick cut into pieces, with a tick after each. */
const splitTicks = (events: readonly FaultEvent[]): FaultEvent[] =>
  events.flatMap((event, index): FaultEvent[] => {
    const next = events[index + 1];
    if (event.event !== "advance" || event.ms < 3 || next?.event !== "tick") return [event];
    const piece = { event: "advance", ms: Math.floor(event.ms / 3) } as const;
    return [piece, next, piece, next, { event: "advance", ms: event.ms - 2 * piece.ms }];
  });

const finalRows = (pair: LedgerPair) =>
  [...pair.store.rows].map(([run, row]) => ({ run, row: [...row], absent: rangesOf(pair, run) }));
const rangesOf = (pair: LedgerPair, run: number): string[] =>
  pair.store.absentOf(run).map(({ first, last, state, cause }) => `${first}-${last} ${state} ${cause}`);

test(
  "splitting time into more ticks changes nothing",
  () => {
    fc.assert(
      fc.property(faultScript(120), (moves) => {
        const events = expand(moves);
        const once = playOn(TIGHT, events);
        const often = playOn(TIGHT, splitTicks(events));
        expect(finalRows(often)).toEqual(finalRows(once));
      }),
      parameters(40),
    );
  },
  TIMEOUT_MS,
);

// ---- Restart of the collector -----------------------------------------------------------------------------------

const CALM = new Set([
  "send",
  "lose",
  "delay",
  "release",
  "copy",
  "heartbeat",
  "heartbeat-lost",
  "pause-short",
  "pause-window",
  "tick",
]);
const NOT_COMPARED: number[] = [
  ROW.FLAGS,
  ROW.INTERVAL,
  ROW.LOST,
  ROW.LOST + 1,
  ROW.LOST + 2,
  ROW.LOST + 3,
  ROW.LOST + 4,
  ROW.LOST + 5,
];

/** Everything but causes, the flag `current` and the smoothed interval. */
const countsOf = (pair: LedgerPair) =>
  [...pair.store.rows].map(([run, row]) => ({
    run,
    counts: [...row].map((value, field) => (NOT_COMPARED.includes(field) ? 0 : value)),
    lost: [0, 1, 2, 3, 4, 5].reduce((sum, cause) => sum + row[ROW.LOST + cause]!, 0),
    absent: pair.store.absentOf(run).map(({ first, last, state }) => `${first}-${last} ${state}`),
  }));

test(
  "a collector restarted from what was committed goes on as if it had not stopped, causes apart",
  () => {
    const calm = (moves: Move[]): Move[] => moves.filter(({ move }) => CALM.has(move));
    const settle: FaultEvent[] = [{ event: "advance", ms: 3_600_001 }, tick];
    fc.assert(
      fc.property(faultScript(100), faultScript(100), (before, after) => {
        const all = expand([...calm(before), ...calm(after)]);
        const head = all.slice(0, expand(calm(before)).length);
        const tail = all.slice(head.length);
        const rules = new Set<string>();
        const through = playOn(ROOMY, [...head, ...settle, ...tail], (rule) => rules.add(rule));
        // copies after so long a silence are numbers used again: where those began depends on whether we listened (R2)
        fc.pre(!rules.has("R5 confirmed without send times"));
        const restarted = playOn(ROOMY, [...head, ...settle, { event: "collector-restart", ms: 0 }, ...tail]);
        expect(countsOf(restarted)).toEqual(countsOf(through));
      }),
      parameters(40),
    );
  },
  TIMEOUT_MS,
);
