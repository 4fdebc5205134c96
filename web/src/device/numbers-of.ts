import type { LedgerEpoch } from "../data/types.ts";
import { count } from "../format/numbers.ts";

/** The first and the last number of a run, and whether it may have used others before and after. */
export const numbersOf = ({ first, highWater, headKnown, tailKnown }: LedgerEpoch): string => {
  if (first === null) return "–";
  // a heartbeat or a DESCRIBE began it
  if (highWater === null || highWater < first) return "none yet";
  return `${headKnown ? "" : "?…"}${count(first)} – ${count(highWater)}${tailKnown ? "" : " …"}`;
};
