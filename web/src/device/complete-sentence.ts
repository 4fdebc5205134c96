import type { Total } from "../data/types.ts";
import { plural } from "../format/numbers.ts";

/** It sends datagrams without numbers only: nobody can know what was lost of them. */
export const isUnnumbered = ({ expected, unsequenced }: Total): boolean => expected === 0 && unsequenced > 0;

/** What the completeness of a device is of, or why there is none. */
export const completeSentence = (total: Total): string =>
  isUnnumbered(total)
    ? `${plural(total.unsequenced, "datagram")} without a number: what was lost is unknown`
    : `complete, of ${plural(total.expected, "number")}`;
