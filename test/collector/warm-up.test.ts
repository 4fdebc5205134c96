import { expect, test } from "vitest";
import { DEFAULT_TRACKER_SETTINGS } from "../../collector/tracker-settings.ts";
import { warmUp } from "../../collector/warm-up.ts";
import { EMPTY } from "../support/ingest-bench.ts";

test("warming up leads sound datagrams through the whole pipeline", () => {
  // 64 devices in 500 rounds, and each swapped number brings one more
  expect(warmUp(DEFAULT_TRACKER_SETTINGS, EMPTY)).toBe(64 * 500 + 608);
});
