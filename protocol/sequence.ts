/**
 * Arithmetic on sequence numbers of `bits` bits, 8 to 53 (RFC 1982). Everything is a float64 that holds an exact integer: bit operations
 * would stop at 32 bits and BigInt would allocate.
 */
export const MAX_SEQUENCE_BITS = 53;

const CIRCLE = Float64Array.from({ length: MAX_SEQUENCE_BITS + 1 }, (_, bits) => 2 ** bits);

/** How many numbers a width has, 2^bits. */
export const circle = (bits: number): number => CIRCLE[bits]!;

/** 2^(bits - 1): a forward step must be smaller, else it cannot be told from a backward one. */
export const halfCircle = (bits: number): number => CIRCLE[bits - 1]!;

/** 2^(bits - 2): the bound on backward steps in formats without an epoch (R7, docs/ledger.md). */
export const quarterCircle = (bits: number): number => CIRCLE[bits - 2]!;

/**
 * Signed distance from one sequence number to another on the circle of their width.
 * @param from - integer in [0, 2^bits)
 * @param to - integer in [0, 2^bits)
 * @param bits - width, 8 to 53
 * @returns integer in [-2^(bits-1), 2^(bits-1)), positive when `to` is newer
 * @see RFC 1982 §3.2, which leaves the exact half circle undefined: here it counts as older
 */
export const sequenceDistance = (from: number, to: number, bits: number): number => {
  const half = halfCircle(bits);
  const difference = to - from;
  if (difference >= half) return difference - circle(bits);
  return difference < -half ? difference + circle(bits) : difference;
};

/**
 * The extended sequence number nearest to `reference` that reads as `sequence` on the wire.
 * @param sequence - integer in [0, 2^bits)
 * @param reference - an extended sequence number, integer in [0, 2^53): usually the high-water mark
 * @param bits - width, 8 to 53
 * @returns integer in [reference - 2^(bits-1), reference + 2^(bits-1)). It is negative for a number before the start of the numbering;
 *   above 2^53 (only near the end of the range) it is not exact, and greater than MAX_SEQUENCE all the same
 */
export const extendSequence = (sequence: number, reference: number, bits: number): number =>
  reference + sequenceDistance(reference % circle(bits), sequence, bits);
