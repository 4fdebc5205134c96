/** Bins of numbers that arrived after their window, or after a stop cut it (docs/ledger.md, "Gaps (R13)"): all of these have a gap row. */
export const ARRIVAL_BINS = ["reordered", "recovered", "late"] as const;
export type ArrivalBin = (typeof ARRIVAL_BINS)[number];

/**
 * The bin of numbers that arrived in the end.
 * @param wasLost - they had been declared lost
 * @param requests - NACKs of ours that named them
 */
export const arrivalBin = (wasLost: boolean, requests: number): ArrivalBin => {
  if (requests > 0) return "recovered";
  return wasLost ? "late" : "reordered";
};
