import fc from "fast-check";
import { expect, test } from "vitest";
import {
  SKEW_BOUNDS_US,
  SkewHistogram,
  skewQuantileUs,
} from "../../../../collector/tracker/device/skew-histogram.ts";

test("without copies there is no skew", () => {
  expect(skewQuantileUs(new SkewHistogram().buckets, 0.5)).toBeNull();
});

test("a quantile lies in the bucket of the skew that really has its rank", () => {
  const skews = fc.array(fc.integer({ min: 0, max: 20_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(skews, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, share) => {
      const histogram = new SkewHistogram();
      for (const skewUs of all) histogram.add(skewUs);
      const ranked = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;
      const upper = SKEW_BOUNDS_US.find((bound) => ranked <= bound) ?? SKEW_BOUNDS_US.at(-1)!;
      const lower = SKEW_BOUNDS_US.findLast((bound) => bound < upper) ?? 0;
      const quantile = skewQuantileUs(histogram.buckets, share)!;
      expect(quantile).toBeGreaterThanOrEqual(lower);
      expect(quantile).toBeLessThanOrEqual(upper);
    }),
    { numRuns: 200 },
  );
});
