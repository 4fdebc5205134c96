/** collectors that may hear the same group: a guess on the high side costs little delay (the logarithm of it) */
const GROUP_SIZE = 10;
/** K for multicast NACK (RFC 5740) */
const ROUND_TRIPS = 4;
/** round trip while none was measured, milliseconds */
const ASSUMED_ROUND_TRIP_MS = 50;

/**
 * How long to wait with a first NACK when other collectors may hear the same group: most wait, few ask, and the answer, sent to the group,
 * spares the others theirs. Truncated exponential distribution of RFC 5401 §3.2.
 * @param random - uniform in [0, 1)
 * @param roundTripMs - measured, -1 = unknown
 * @returns milliseconds in [0, 4 round trips]
 */
export const suppressionDelayMs = (random: number, roundTripMs: number): number => {
  const longestMs = ROUND_TRIPS * (roundTripMs < 0 ? ASSUMED_ROUND_TRIP_MS : roundTripMs);
  const lambda = Math.log(GROUP_SIZE) + 1;
  // x of the RFC, from λ/(T(e^λ - 1)) over a length of λ/T, times (e^λ - 1) T/λ
  return (longestMs / lambda) * Math.log(1 + random * Math.expm1(lambda));
};
