import fc from "fast-check";
import { expect, test } from "vitest";
import { parameters, TIMEOUT_MS } from "../support/ledger-pair/fuzz-runs.ts";
import { CollectorPair, ROOM } from "../support/paging/collector-pair.ts";
import { MOVES } from "../support/paging/moves.ts";

// A collector whose devices and runs leave the memory and are read back from the tables, against one that keeps them all.

/** no window is open then */
const SETTLED_MS = 10_000;

const often = fc.constantFrom("go-on", "epoch", "epochs", "once", "name", "others" as const);
const sometimes = fc.constantFrom(
  ...(["lose", "late", "copy", "reuse", "split", "heartbeat", "unsequenced", "pause"] as const),
);
const seldom = fc.constantFrom("stop", "crash" as const);
const step = fc.record({
  move: fc.oneof(
    { weight: 20, arbitrary: often },
    { weight: 10, arbitrary: sometimes },
    { weight: 1, arbitrary: seldom },
  ),
  who: fc.nat({ max: ROOM - 1 }),
  k: fc.nat({ max: 255 }),
});

test(
  "devices and runs that are read back are what they would be had they stayed in memory",
  () => {
    let readBack = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 40, maxLength: 80 }),
        fc.nat({ max: 1 }),
        (steps, maxClosed) => {
          using pair = new CollectorPair(maxClosed);
          for (const { move, who, k } of steps) {
            MOVES[move](pair, pair.sender(who), k);
            pair.pass(150);
          }
          pair.pass(SETTLED_MS);
          // what was decided last is handed over at a later look, unless something else was to be handed over before
          pair.pass(150);
          pair.compare();
          readBack += pair.paging.readBack;
        },
      ),
      parameters(16),
    );
    expect(readBack).toBeGreaterThan(100);
  },
  TIMEOUT_MS,
);
