/** steps per doubling: a value and the bound of its step are at most 9 % apart */
const STEPS = 8;
/** up to 2^40 */
export const HISTOGRAM_BUCKETS = 40 * STEPS;

/** Bucket of a value: bucket b holds what is above `upperBoundOf(b - 1)` and not above `upperBoundOf(b)`; all up to 1 is in the first one. */
export const bucketOf = (value: number): number =>
  value <= 1 ? 0 : Math.min(HISTOGRAM_BUCKETS - 1, Math.ceil(Math.log2(value) * STEPS));

/** Greatest value of a bucket; the last one has none and is told by this one all the same. */
export const upperBoundOf = (bucket: number): number => 2 ** (bucket / STEPS);

/**
 * The bound that a share of all values does not exceed, at most 9 % too high.
 * @param counts - of each bucket
 * @param share - in [0, 1]
 * @returns 0 of no values
 */
export const quantileOf = (counts: readonly number[], share: number): number => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  let seen = 0;
  const bucket = counts.findIndex((count) => {
    seen += count;
    return seen >= share * total && seen > 0;
  });
  return upperBoundOf(bucket);
};
