import type { Total } from "../data/types.ts";
import { count, plural } from "../format/numbers.ts";

/** It sends datagrams without numbers only: nobody can know what was lost of them. */
export const isUnnumbered = ({ expected, unsequenced }: Total): boolean => expected === 0 && unsequenced > 0;

/** What the completeness of a device is of, or why there is none. */
export const completeSentence = (total: Total): string => {
  if (isUnnumbered(total))
    return `${plural(total.unsequenced, "datagram")} without a number: what was lost is unknown`;
  const sentence = `complete, of ${plural(total.expected, "number")}`;
  return total.pending === 0 ? sentence : `${sentence}, ${count(total.pending)} of them not stored yet`;
};
