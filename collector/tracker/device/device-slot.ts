/** What a device's slot keeps as integers. */
export const SLOT = {
  /** run slot of the current run, -1 = none */
  CURRENT: 0,
  /** run slot of the newest run, -1 = none; older ones follow by `RunTable.older` */
  NEWEST: 1,
  /** the unsequenced run, -1 = none */
  UNSEQUENCED: 2,
  /** port of the reported source */
  PORT: 3,
  /** number of listener breaks when it was last heard; 0 = not since the start */
  BREAKS: 4,
  /** absent ranges of its runs */
  GAPS: 5,
  /** 1 = has shown a second consecutive number (R16) */
  CONFIRMED: 6,
  ID_LENGTH: 7,
  /** listener + 1 by which it can be asked again; RETURN_PATH.* */
  RETURN_PATH: 8,
  /** listeners it is heard by: kernel-evidence.ts */
  HEARD_BY: 9,
  /** paths it is heard by, and those its reported source is heard by: one bit each */
  PATHS: 10,
  SOURCE_PATHS: 11,
  /** with RETURN_PATH: number of the address of this host it was sent to (../../receive/entry.ts) */
  RETURN_LOCAL: 12,
} as const;
export const SLOT_FIELDS = 13;
export const RETURN_PATH = {
  UNHEARD: 0,
  /** heard, and by nothing it could be asked by */
  NONE: -1,
  /** the same, and last in a format that has no way back: the native one changes that, on the short path too */
  FOREIGN: -2,
} as const;
/**
 * What a device's slot keeps as float64: its number, bytes, and times in monotonic milliseconds, -Infinity = never. None of them outlives the process, so
 * that none need follow the wall clock, which may be set.
 */
export const MARK = {
  DEVICE: 0,
  SOURCE_SEEN: 1,
  OTHER_SEEN: 2,
  REPORTED_AT: 3,
  /** bytes that came from the reported source recently, less those sent to it */
  CREDIT: 4,
  /** what it announces is told in full again from then on */
  TOLD_UNTIL: 5,
} as const;
export const MARK_FIELDS = 6;
