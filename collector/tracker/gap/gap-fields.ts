/** One absent range of numbers: GAP_FIELDS values, all float64 (a plain array of doubles is the smallest thing for few ranges). */
export const GAP = {
  FIRST: 0,
  LAST: 1,
  /** GAP_STATE.* */
  STATE: 2,
  /** lost: CAUSE.*; open: what its cause will be unless evidence says better, BY_EVIDENCE or a CAUSE.* */
  CAUSE: 3,
  /** wall, microseconds */
  OPENED_AT: 4,
  /** monotonic, milliseconds: the window ends, or the time to ask in */
  DEADLINE: 5,
  /** send, or else arrival, time of the neighbours, microseconds; 0 = unknown */
  TIME_BEFORE: 6,
  TIME_AFTER: 7,
  /** NACKs of ours that named it */
  REQUESTS: 8,
  /** monotonic, milliseconds: the last of them; -Infinity = none in this process */
  ASKED_AT: 9,
  /** asked for: monotonic, milliseconds, when it is to be named next */
  NEXT_ASK: 10,
  /** monotonic, milliseconds: its numbers arrived after that, if they did; -Infinity = unknown */
  CLEAR: 11,
  /** ordinal of the arrival that opened it, or OPENED_BY.* */
  OPENER: 12,
} as const;
export const GAP_FIELDS = 13;
export const GAP_STATE = {
  /** open, its reorder window is running */
  WINDOW: 0,
  LOST: 1,
  /** open, the window is over, the device is asked for it */
  ASKED: 2,
  /** open, a stop found it so and its window runs anew; its device may have been asked for it before */
  CUT: 3,
} as const;
/** Who opened a gap, where it was no arrival. */
export const OPENED_BY = {
  /** known from the database: its opening was not seen */
  NOBODY: -1,
  /** a control datagram: no greater number had come yet */
  CONTROL: -2,
} as const;
/** an open gap's cause is left to the evidence */
export const BY_EVIDENCE = -1;
/** GONE counts so long after a NACK (docs/ledger.md, "Recovery"), milliseconds */
export const ANSWER_MS = 10_000;
