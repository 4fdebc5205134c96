/** Bits of `RunTable.state`. */
export const RUN_STATE = {
  /** put out of its place by a ninth run (R6) */
  CLOSED: 1,
  UNSEQUENCED: 2,
  /** known from the database and not heard up to its end since: what it opens next is `collector-down` (R14) */
  CUT_OFF: 4,
  /** its device is gone; the slot is free once its last row is drained */
  GONE: 8,
  /** what was heard of it last is no part of its cadence: see `ownArrivalUs` */
  OFF_BEAT: 16,
  /** an older run of its epoch begins above it, and has the numbers from there on (step 3); or may do so, where one is not in memory */
  BELOW: 32,
  /** a held datagram is its duplicate unless it is confirmed (R5): it stays in memory */
  AWAITED: 64,
} as const;
/** What the short path has to know of a run, in one byte. */
export const STEADY = {
  NO: 0,
  YES: 1,
  /** it is, and `RUN_STATE.OFF_BEAT` too */
  OFF_BEAT: 2,
} as const;

/** R6: a run silent for so long makes room, and the current one gives up its place; microseconds */
export const SILENT_US = 10_000_000;
