import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf, HISTOGRAM_BUCKETS, quantileOf, upperBoundOf } from "../../common/log-histogram.ts";

const countsOf = (values: readonly number[]): number[] => {
  const counts = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  for (const value of values) counts[bucketOf(value)]!++;
  return counts;
};

test("a value is in the bucket whose bound is the first not below it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 39 }), (value) => {
      const bucket = bucketOf(value);
      expect(upperBoundOf(bucket)).toBeGreaterThanOrEqual(value * (1 - 1e-12));
      if (bucket > 0) expect(upperBoundOf(bucket - 1)).toBeLessThan(value);
    }),
  );
});

test("a quantile is at least the true one and at most 10 % above it", () => {
  const values = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.99, 0.999, 1), (sample, share) => {
      const exact = sample.toSorted((a, b) => a - b)[Math.ceil(share * sample.length) - 1]!;
      const told = quantileOf(countsOf(sample), share);
      expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
      expect(told).toBeLessThan(exact * 1.1);
    }),
  );
});

test("what is out of range is in the first and the last bucket, and no values have no quantile", () => {
  expect([bucketOf(-5), bucketOf(0), bucketOf(2 ** 60)]).toEqual([0, 0, HISTOGRAM_BUCKETS - 1]);
  expect(quantileOf(countsOf([]), 0.5)).toBe(0);
});
