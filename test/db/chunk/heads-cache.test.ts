import { expect, test } from "vitest";
import { HeadsCache } from "../../../db/chunk/heads-cache.ts";
import { HeadsWriter } from "../../../db/chunk/heads-row.ts";

const HEAD = {
  datagrams: 1,
  readings: 1,
  firstSequence: 0,
  lastSequence: 0,
  firstTimeUs: 0,
  lastTimeUs: 0,
  firstReadingTimeUs: 0,
  lastReadingTimeUs: 0,
  channels: null,
  bytes: 10,
};

const rowOf = (runs: readonly number[]): Uint8Array => {
  const writer = new HeadsWriter(0);
  for (const run of runs) writer.add(run, false, [HEAD]);
  return writer.end()[0]!.heads;
};

test("a row is found by every run between its first and its last one, in its own chunk set only", () => {
  const cache = new HeadsCache();
  const [low, high] = [rowOf([3, 5, 7]), rowOf([10, 11])];
  cache.add(1, 10, 11, high);
  cache.add(1, 3, 7, low);
  cache.add(2, 1, 1, rowOf([1]));
  expect([2, 3, 6, 7, 8, 10, 11, 12].map((run) => cache.find(1, run))).toEqual([
    undefined,
    low,
    low,
    low,
    undefined,
    high,
    high,
    undefined,
  ]);
  expect(cache.find(2, 3)).toBeUndefined();
});

test("rows of the chunk set that was begun first go when there are too many bytes", () => {
  const row = rowOf([4]);
  const cache = new HeadsCache(2 * row.length);
  cache.add(1, 4, 4, row);
  cache.add(2, 4, 4, row);
  cache.add(2, 4, 4, row);
  expect(cache.find(1, 4)).toBe(row);
  cache.add(3, 4, 4, row);
  expect([1, 2, 3].map((set) => cache.find(set, 4))).toEqual([undefined, row, row]);
});
