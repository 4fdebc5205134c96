import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchChromium } from "./chromium.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type Visit, visit } from "./visit.ts";

/** A browser and a collector with a fleet, for all tests of the block that calls it. */
export const fleetPages = () => {
  let browser: Browser;
  let fleet: Fleet;
  beforeAll(async () => {
    [browser, fleet] = await Promise.all([launchChromium(), startFleet()]);
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.close();
  });
  return {
    get browser(): Browser {
      return browser;
    },
    get fleet(): Fleet {
      return fleet;
    },
    /** Opens the page at a place, plays, and expects that it had nothing to complain of. */
    async withPage(hash: string, play: (visit: Visit) => Promise<void>, options = {}): Promise<void> {
      const opened = await visit(browser, fleet.api, hash, options);
      try {
        await play(opened);
        expect(opened.complaints).toEqual([]);
      } finally {
        await opened.close();
      }
    },
  };
};
