/** Upper bounds of the buckets, microseconds; one more bucket holds what is above the last. */
export const SKEW_BOUNDS_US = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
  5_000_000, 10_000_000,
] as const;

/** How much later copies came than the first one of their number. */
export class SkewHistogram {
  readonly buckets = new Float64Array(SKEW_BOUNDS_US.length + 1);
  sumUs = 0;

  add(skewUs: number): void {
    let bucket = 0;
    while (bucket < SKEW_BOUNDS_US.length && skewUs > SKEW_BOUNDS_US[bucket]!) bucket++;
    this.buckets[bucket]!++;
    this.sumUs += skewUs;
  }
}

/**
 * The skew that a share of the copies does not exceed, linear inside a bucket.
 * @param buckets - as in a SkewHistogram
 * @param share - in (0, 1]
 * @returns microseconds, at most the last bound; null without copies
 */
export const skewQuantileUs = (buckets: ArrayLike<number>, share: number): number | null => {
  let total = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) total += buckets[bucket]!;
  if (total === 0) return null;
  let left = share * total;
  for (const [bucket, upper] of SKEW_BOUNDS_US.entries()) {
    const count = buckets[bucket]!;
    if (count > 0 && left <= count) {
      const lower = bucket === 0 ? 0 : SKEW_BOUNDS_US[bucket - 1]!;
      return lower + ((upper - lower) * left) / count;
    }
    left -= count;
  }
  return SKEW_BOUNDS_US.at(-1)!;
};
