import type { Bins } from "../data/types.ts";
import type { BinKey } from "./bins.ts";

/** How many numbers are in each bin; without a count of the reordered ones they stand with those in order. */
export const binNumbers = (bins: Bins & { reordered?: number }): Record<BinKey, number> => {
  const { received, recovered, late, missing, causes, reordered = 0 } = bins;
  return {
    inOrder: received - reordered - recovered - late,
    reordered,
    recovered,
    late,
    missing,
    ...causes,
  };
};
