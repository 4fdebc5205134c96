import { expect, test } from "vitest";
import { DEFAULT_TRACKER_SETTINGS } from "../../collector/tracker-settings.ts";
import { warmUp } from "../../collector/warm-up.ts";
import { EMPTY } from "../support/ingest-bench.ts";

test("warming up leads sound datagrams through the whole pipeline", () => {
  expect(warmUp(DEFAULT_TRACKER_SETTINGS, EMPTY)).toBe(32_000);
});
