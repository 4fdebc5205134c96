/**
 * Sorts datagrams by run, then by sequence number, as indices.
 */
const DIGIT_BITS = 11;
const DIGIT_MASK = 2 ** DIGIT_BITS - 1;
const counts = new Uint32Array(2 ** DIGIT_BITS);

/**
 * Stable radix sort of the indices [0, count) by `runs[index]`, in passes over the span of the numbers only: that run numbers grow over
 * years costs nothing.
 * @param order, spare - room for `count` indices each
 * @returns the one of the two that holds the result
 */
export const orderByRun = (
  runs: Uint32Array,
  count: number,
  order: Uint32Array,
  spare: Uint32Array,
): Uint32Array => {
  let least = 0xffff_ffff;
  let greatest = 0;
  for (let index = 0; index < count; index++) {
    const run = runs[index]!;
    if (run < least) least = run;
    if (run > greatest) greatest = run;
    order[index] = index;
  }
  const span = count === 0 ? 0 : greatest - least;
  let from = order;
  let to = spare;
  for (let shift = 0; shift < 32 && span >>> shift > 0; shift += DIGIT_BITS) {
    sortByDigit(runs, least, shift, count, from, to);
    [from, to] = [to, from];
  }
  return from;
};

const sortByDigit = (
  runs: Uint32Array,
  least: number,
  shift: number,
  count: number,
  from: Uint32Array,
  to: Uint32Array,
): void => {
  counts.fill(0);
  for (let index = 0; index < count; index++) counts[((runs[index]! - least) >>> shift) & DIGIT_MASK]!++;
  let start = 0;
  for (let digit = 0; digit <= DIGIT_MASK; digit++) {
    const size = counts[digit]!;
    counts[digit] = start;
    start += size;
  }
  for (let at = 0; at < count; at++) {
    const index = from[at]!;
    to[counts[((runs[index]! - least) >>> shift) & DIGIT_MASK]!++] = index;
  }
};

/** moves per datagram that insertion may take before a general sort takes over */
const MAX_MOVES = 8;

/** Sort `order[from..to)` by `sequence[index]`, ascending. Cheap where it is nearly in order, as arrivals are. */
export const orderBySequence = (
  order: Uint32Array,
  from: number,
  to: number,
  sequence: Float64Array,
): void => {
  let moves = (to - from) * MAX_MOVES;
  for (let index = from + 1; index < to; index++) {
    const current = order[index]!;
    const number = sequence[current]!;
    let at = index;
    for (; at > from && sequence[order[at - 1]!]! > number; at--, moves--) order[at] = order[at - 1]!;
    order[at] = current;
    if (moves < 0) {
      order.subarray(from, to).sort((a, b) => sequence[a]! - sequence[b]!);
      return;
    }
  }
};
