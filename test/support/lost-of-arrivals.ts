import type { ArrivalSet } from "../../protocol/arrival-set.ts";
import { type Range, subtract, union } from "../../protocol/ranges.ts";

/** The numbers that were used and that nobody has or waits for. */
export const lostOfArrivals = ({ first, last, received, untold, missing }: ArrivalSet): Range[] =>
  subtract([[first, last]], union(union(received, untold), missing));
