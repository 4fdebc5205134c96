import { expect, test } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { warmUp } from "../../db/warm-up.ts";
import { BATCH_DATAGRAMS } from "../../protocol/batch.ts";

test("warming up writes flushes whole, to a database that is not there afterwards", () => {
  expect(warmUp(systemClock)).toBe(24 * BATCH_DATAGRAMS);
});
