import { expect, test } from "vitest";
import { Buckets } from "../../../db/series/buckets.ts";

/** A chunk of readings that all have one value, as its head knows them. */
const chunkOf = (count: number, value: number) => ({
  ...{ count, nonFinite: 0, min: value, max: value, sum: count * value },
  ...{ last: value, lastReadingTimeUs: 0, lastSequence: 0 },
});

const meanOf = (chunks: readonly ReturnType<typeof chunkOf>[]): number => {
  const buckets = new Buckets({ fromUs: 0, toUs: 100, stepUs: 100, count: 1 });
  for (const chunk of chunks) buckets.addSummary(0, chunk, 0);
  return buckets.mean(0);
};

test("sums of chunks that are finite each and overflow together still have the mean of their values", () => {
  const huge = 2 ** 1017;
  expect(meanOf(Array.from({ length: 9 }, () => chunkOf(64, huge)))).toBe(huge);
  const [above, below] = [chunkOf(64, huge), chunkOf(64, -huge)];
  expect(meanOf([above, above, above, below, below, below])).toBe(0);
  expect(meanOf([below, below, below, above])).toBe(-huge / 2);
});
