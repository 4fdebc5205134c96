import { type Cause, OUR_CAUSES } from "../bins/bins.ts";
import type { Causes } from "../data/types.ts";
import { plural } from "../format/numbers.ts";

const LOST_HERE: Partial<Record<Cause, string>> = {
  "socket-overflow": "in the buffer of our socket",
  "queue-overflow": "at our full queue",
  "collector-down": "while the collector was down",
};

/** Of what is here: the database has not taken it, and only the memory holds it. */
export const notStored = (pending: number): string =>
  pending === 0 ? "" : ` ${plural(pending, "number is", "numbers are")} not stored yet.`;

/**
 * What an operator wants to know first, in a sentence or two: is anything absent, and is it this host's doing?
 * @param span - such as "the last minute"
 */
export const verdict = (
  { expected, missing, causes }: { expected: number; missing: number; causes: Causes },
  span: string,
): string => {
  if (expected === 0) return `No numbered datagram in ${span}.`;
  const lost = Object.values(causes).reduce((sum, amount) => sum + amount, 0);
  if (lost === 0 && missing === 0) return `Every number sent in ${span} is here.`;
  if (lost === 0) return `Nothing is lost. ${plural(missing, "number")} may still come.`;
  const ours = OUR_CAUSES.filter((cause) => causes[cause] > 0);
  if (ours.length > 0) {
    const parts = ours.map((cause) => `${plural(causes[cause], "number")} ${LOST_HERE[cause]}`);
    return `This host lost ${parts.join(", ")}.`;
  }
  if (causes.network === lost) return `${plural(lost, "number")} lost on the way here. This host lost none.`;
  return `${plural(lost, "number")} lost. Nothing says that it was this host.`;
};
