import { expect, test } from "vitest";
import { BatchPool } from "../../collector/batch-pool.ts";

test("a pool gives as many batches as its capacity, and an empty one again for each that comes back", () => {
  const pool = new BatchPool(2);
  const first = pool.take()!;
  first.datagramCount = 9;
  expect(pool.take()).not.toBeNull();
  expect(pool.take()).toBeNull();
  expect(pool.inUse).toBe(2);
  pool.giveBack(first.buffer);
  expect(pool.inUse).toBe(1);
  expect(pool.take()!.datagramCount).toBe(0);
});
