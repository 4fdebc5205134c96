import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as gapFields from "./gap-fields.ts";
import type { ShedEvidence } from "./shed-evidence.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { CAUSE } = ledgerRow;
const { BY_EVIDENCE } = gapFields;

/** Consecutive numbers of a closing gap that have one cause. */
export interface CausePart {
  first: number;
  last: number;
  cause: number;
}

const unlessShed = (presumed: number): number => (presumed === BY_EVIDENCE ? CAUSE.UNDETERMINED : presumed);

/** Why one number of an open gap was absent when its window was over: the cause it would be lost with. @param presumed - as below */
export const causeOfOne = (shed: ShedEvidence, run: number, number: number, presumed: number): number =>
  presumed !== CAUSE.UNDETERMINED && shed.has(run, number) ? CAUSE.QUEUE_OVERFLOW : unlessShed(presumed);

/**
 * Why the numbers of a closing gap are lost (R14), number by number, the same cause in one part.
 * @param presumed - what was known of the gap before: CAUSE.UNDETERMINED (below first contact, whatever the evidence),
 *   CAUSE.COLLECTOR_DOWN or CAUSE.GONE, or what the kernel's counters said when its window was over: CAUSE.NETWORK, CAUSE.SOCKET_OVERFLOW or
 *   BY_EVIDENCE (all of these unless we shed the number)
 * @returns parts in ascending order that cover [first, last] exactly
 */
export const partsByCause = (
  shed: ShedEvidence,
  run: number,
  first: number,
  last: number,
  presumed: number,
): CausePart[] => {
  if (presumed === CAUSE.UNDETERMINED) return [{ first, last, cause: CAUSE.UNDETERMINED }];
  const otherwise = unlessShed(presumed);
  const parts: CausePart[] = [];
  let next = first;
  for (const range of shed.within(run, first, last)) {
    if (range.first > next) parts.push({ first: next, last: range.first - 1, cause: otherwise });
    parts.push({ ...range, cause: CAUSE.QUEUE_OVERFLOW });
    next = range.last + 1;
  }
  if (next <= last) parts.push({ first: next, last, cause: otherwise });
  return parts;
};
