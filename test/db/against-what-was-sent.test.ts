import fc from "fast-check";
import { expect, test } from "vitest";
import { parameters, TIMEOUT_MS } from "../support/ledger-pair/fuzz-runs.ts";
import { checkGaps } from "../support/stored-world/check-gaps.ts";
import { checkRaster, checkReceived } from "../support/stored-world/check-numbers.ts";
import { checkPoints } from "../support/stored-world/check-points.ts";
import { checkReadings } from "../support/stored-world/check-readings.ts";
import { checkSeries } from "../support/stored-world/check-series.ts";
import { checkSound } from "../support/stored-world/check-sound.ts";
import { StoredWorld } from "../support/stored-world/stored-world.ts";

const CHECKS = [
  checkReadings,
  checkReadings,
  checkSeries,
  checkPoints,
  checkGaps,
  checkRaster,
  checkReceived,
];

test.each([
  { what: "keeps everything", forgets: false, runs: 40 },
  { what: "forgets what is old", forgets: true, runs: 20 },
])(
  "a store that $what answers every query as what was sent says",
  { timeout: TIMEOUT_MS },
  async ({ forgets, runs }) => {
    await fc.assert(
      // a seed is a whole history: a smaller one is no simpler
      fc.asyncProperty(fc.noShrink(fc.nat()), async (seed) => {
        using world = new StoredWorld(seed, { forgets });
        for (let round = 2 + world.draw.below(6); round > 0; round--) {
          world.steps(10 + world.draw.below(60));
          for (const check of CHECKS) if (world.draw.chance(0.6)) await check(world);
        }
        checkSound(world);
      }),
      parameters(runs),
    );
    expect.hasAssertions();
  },
);
