import { expect, test } from "vitest";
import { warmUp } from "../../../db/writer/warm-up.ts";
import { BATCH_DATAGRAMS } from "../../../protocol/batch.ts";

/** of the datagrams of each third device: five or six readings instead of one */
const FURTHER_READINGS = 153_298;

test("warming up writes flushes whole, to a database that is not there afterwards", () => {
  expect(warmUp()).toBe(24 * BATCH_DATAGRAMS + FURTHER_READINGS);
});
