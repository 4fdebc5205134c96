/**
 * One run's ledger as a row of float64: the same layout in a batch, in the store's memory and (as differences) on disk; the tracker keeps the ten fields from
 * LOST on apart (collector/tracker/run/run-row.ts). All counts are in sequence numbers unless said otherwise; all times in microseconds since the Unix epoch.
 */
export const ROW = {
  /** number of the run, given once by the ingest worker, never reused in a database */
  RUN: 0,
  /** number of the device that owns the run */
  DEVICE: 1,
  /** -1 while unknown */
  FIRST: 2,
  /** -1 while unknown */
  HIGH_WATER: 3,
  /** ROW_FLAG.* */
  FLAGS: 4,
  IN_ORDER: 5,
  REORDERED: 6,
  RECOVERED: 7,
  LATE: 8,
  MISSING: 9,
  /** six counters: lost, by cause, in the order of CAUSES */
  LOST: 10,
  DUPLICATES: 16,
  REDUNDANT: 17,
  UNSEQUENCED: 18,
  /** below it numbers are counted and no longer told apart; 0 at first */
  FLOOR: 19,
  /** greatest send time, 0 = none yet */
  MAX_SEND_TIME: 20,
  FIRST_ARRIVAL: 21,
  LAST_ARRIVAL: 22,
  /** arrival of the datagram that last raised the high water */
  HIGH_WATER_AT: 23,
  /** the device announced silence until then (ROW_FLAG.ENDED instead: for good); 0 = not */
  SLEEP_UNTIL: 24,
  /** smoothed interval between arrivals, microseconds; 0 = unknown */
  INTERVAL: 25,
  /** smallest arrival minus relative send time seen (flag bit 2), 0 = not used */
  CLOCK_BASE: 26,
  /** readings accepted (not numbers) */
  READINGS: 27,
  /** send time of the run's first datagram; 0 = unknown or counted from the start of the epoch */
  FIRST_SEND_TIME: 28,
} as const;
export const ROW_FIELDS = 29;

export const ROW_FLAG = {
  HEAD_KNOWN: 1,
  TAIL_KNOWN: 2,
  /** the device's current run */
  CURRENT: 4,
  /** orderly end announced */
  ENDED: 8,
  /** a run of datagrams without numbers: no first, no high water, says nothing of loss */
  UNSEQUENCED: 16,
  /** its device has shown a second consecutive number (R16) */
  CONFIRMED: 32,
  /** put out of its place by a newer run (R6), still accounted */
  CLOSED: 64,
  /** becomes current with its second consecutive number (R6); one that was current, or lies below the current one, does not */
  MAY_TAKE_OVER: 128,
} as const;

/** @param flags - ROW.FLAGS */
export const isCurrent = (flags: number): boolean => (flags & ROW_FLAG.CURRENT) !== 0;

/** @param flags - ROW.FLAGS */
export const isUnsequenced = (flags: number): boolean => (flags & ROW_FLAG.UNSEQUENCED) !== 0;

/** Causes of loss (docs/ledger.md, "Causes (R14)"), in the order of ROW.LOST. */
export const CAUSES = [
  "network",
  "socket-overflow",
  "queue-overflow",
  "collector-down",
  "gone",
  "undetermined",
] as const;
export type Cause = (typeof CAUSES)[number];
export const CAUSE = {
  NETWORK: 0,
  SOCKET_OVERFLOW: 1,
  QUEUE_OVERFLOW: 2,
  COLLECTOR_DOWN: 3,
  GONE: 4,
  UNDETERMINED: 5,
} as const;

export const receivedOf = (rows: Float64Array, base: number): number =>
  rows[base + ROW.IN_ORDER]! +
  rows[base + ROW.REORDERED]! +
  rows[base + ROW.RECOVERED]! +
  rows[base + ROW.LATE]!;

export const lostOf = (rows: Float64Array, base: number): number => {
  let lost = 0;
  for (let cause = 0; cause < CAUSES.length; cause++) lost += rows[base + ROW.LOST + cause]!;
  return lost;
};

/** Numbers the sender is known to have used from `first` on: 0 while nothing is known. */
export const expectedOf = (rows: Float64Array, base: number): number => {
  const highWater = rows[base + ROW.HIGH_WATER]!;
  const first = rows[base + ROW.FIRST]!;
  return first < 0 ? 0 : highWater - first + 1;
};
