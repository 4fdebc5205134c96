import { type Range, subtract, union } from "./ranges.ts";

/**
 * What is known of the arrival of one epoch's numbers, by one collector or by several together. Every number in [first, last] is one of:
 *
 * received - it is here; untold - a collector that may have it can no longer say so (its gap rows were folded into counts);
 * missing - not here, and somebody still waits for it; lost - all others.
 *
 * Sets merge by union (docs/storage.md, "What is stored about arrival"): of what several collectors say of a number the first of these words counts, and numbers between what
 * they speak of were used, and nobody has them. So the order of merging makes no difference, nor does merging twice. Ranges are inclusive,
 * ascending, and do not touch.
 */
export interface ArrivalSet {
  /** the numbers it speaks of: the first that is known to have been used, and the last */
  first: number;
  last: number;
  received: Range[];
  untold: Range[];
  missing: Range[];
}

/** The union of two sets of one epoch. Commutative, associative, idempotent. */
export const mergeArrivals = (a: ArrivalSet, b: ArrivalSet): ArrivalSet => {
  const received = union(a.received, b.received);
  const untold = subtract(union(a.untold, b.untold), received);
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    received,
    untold,
    missing: subtract(subtract(union(a.missing, b.missing), received), untold),
  };
};
