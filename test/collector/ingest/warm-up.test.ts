import { expect, test } from "vitest";
import { DEFAULT_TRACKER_SETTINGS } from "../../../collector/ingest/tracker-settings.ts";
import { rehearse, warmUp } from "../../../collector/ingest/warm-up.ts";

test("warming up leads sound datagrams through the whole pipeline", () => {
  // 64 devices in 500 rounds, four of them silent in 249; each swapped number brings one more
  rehearse(DEFAULT_TRACKER_SETTINGS);
  expect(warmUp(DEFAULT_TRACKER_SETTINGS)).toBe(64 * 500 - 4 * 249 + 592);
});
