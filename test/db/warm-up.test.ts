import { expect, test } from "vitest";
import { warmUp } from "../../db/warm-up.ts";
import { BATCH_DATAGRAMS } from "../../protocol/batch.ts";

test("warming up writes flushes whole, to a database that is not there afterwards", () => {
  const flushed = 24 * BATCH_DATAGRAMS;
  const readings = warmUp();
  // a third of the devices send several readings at once
  expect(readings).toBeGreaterThan(2 * flushed);
  expect(warmUp()).toBe(readings);
});
