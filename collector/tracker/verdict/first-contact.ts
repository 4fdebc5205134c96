import { KIND } from "../../../protocol/constants.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import { MAX_SEQUENCE_BITS } from "../../../protocol/sequence.ts";
import type { Arrival } from "../types.ts";
import type { Outcome } from "./outcome.ts";

/** The first datagram of a new run. */
export interface FirstContact {
  /** DATA: its number as it reads; a control datagram: the last number it says was used, -1 for none */
  number: number;
  isControl: boolean;
  /** the format's numbering begins at 0 */
  startsAtZero: boolean;
  /** when it arrived: the listeners had been OK without a break since the device's datagram before it (R2) */
  isUnbroken: boolean;
  /** usable send time, 0 = unknown; of the two at most one is not 0 */
  absoluteUs: number;
  relativeUs: number;
  arrivalUs: number;
  nowMs: number;
}

/** Whether the first number of a run tells its head: narrow numbers come round to 0 again. */
export const startsAtZero = (datagram: Datagram): boolean =>
  datagram.startsAtZero && datagram.sequenceBits >= MAX_SEQUENCE_BITS;

/** @returns how a run would begin with this datagram; it outlives the datagram */
export const contactOf = (
  datagram: Datagram,
  outcome: Outcome,
  arrival: Arrival,
  isUnbroken: boolean,
): FirstContact => {
  const isControl = datagram.kind !== KIND.DATA;
  return {
    number: isControl ? datagram.sequence - 1 : datagram.sequence,
    isControl,
    startsAtZero: startsAtZero(datagram),
    isUnbroken,
    absoluteUs: outcome.absoluteUs,
    relativeUs: outcome.relativeUs,
    arrivalUs: arrival.arrivalUs,
    nowMs: arrival.nowMs,
  };
};
