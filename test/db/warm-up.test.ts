import { expect, test } from "vitest";
import { warmUp } from "../../db/warm-up.ts";
import { BATCH_DATAGRAMS } from "../../protocol/batch.ts";

test("warming up writes flushes whole, to a database that is not there afterwards", () => {
  expect(warmUp()).toBe(24 * BATCH_DATAGRAMS);
});
