import type { Total } from "../data/types.ts";
import { plural } from "../format/numbers.ts";

/** What the completeness of a device is of, or why there is none. */
export const completeSentence = ({ expected, unsequenced }: Total): string => {
  if (expected > 0 || unsequenced === 0) return `complete, of ${plural(expected, "number")}`;
  return `${plural(unsequenced, "datagram")} without a number: what was lost is unknown`;
};
