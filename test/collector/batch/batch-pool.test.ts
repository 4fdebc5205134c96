import { expect, test } from "vitest";
import { BatchPool, poolBatchesOfWorker } from "../../../collector/batch/batch-pool.ts";

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

test("what one burst needed is given up once it has not been needed for a while", () => {
  const pool = new BatchPool(40);
  const taken = Array.from({ length: 40 }, () => pool.take()!);
  for (const batch of taken) pool.giveBack(batch.buffer);
  const buffers = new Set<SharedArrayBuffer>();
  for (let round = 0; round < 1000; round++) pool.giveBack(pool.take()!.buffer);
  const held = Array.from({ length: 40 }, () => pool.take()!);
  for (const { buffer } of held) buffers.add(buffer);
  expect(buffers.size).toBe(40);
  // the one that was in use, and four
  expect(taken.filter(({ buffer }) => buffers.has(buffer)).length).toBe(5);
  expect(pool.take()).toBeNull();
});

test("what is needed again and again stays", () => {
  const pool = new BatchPool(40);
  const buffers = new Set<SharedArrayBuffer>();
  for (let round = 0; round < 100; round++) {
    const taken = Array.from({ length: 20 }, () => pool.take()!);
    for (const { buffer } of taken) buffers.add(buffer);
    for (const { buffer } of taken) pool.giveBack(buffer);
  }
  expect(buffers.size).toBe(20);
});

test("the batches are split over the workers, of which none gets fewer than two", () => {
  const shares = [1, 3, 4, 200].map((workers) => poolBatchesOfWorker(256, workers));
  expect(shares).toEqual([256, 86, 64, 2]);
});
