import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import type { NaiveDevice } from "../naive-ledger/device.ts";
import type { NaiveGap, NaiveRun } from "../naive-ledger/run.ts";
import type { Range } from "./reported-ledger.ts";

/** A run under plain names, from the tracker's row and from the naive ledger, so that the two can be compared. */

const flag = (row: Float64Array, bit: number): number => (row[ROW.FLAGS]! & bit ? 1 : 0);

export const fieldsOf = (row: Float64Array): Record<string, number> => ({
  device: row[ROW.DEVICE]!,
  first: row[ROW.FIRST]!,
  highWater: row[ROW.HIGH_WATER]!,
  inOrder: row[ROW.IN_ORDER]!,
  reordered: row[ROW.REORDERED]!,
  recovered: row[ROW.RECOVERED]!,
  late: row[ROW.LATE]!,
  missing: row[ROW.MISSING]!,
  network: row[ROW.LOST]!,
  socketOverflow: row[ROW.LOST + CAUSE.SOCKET_OVERFLOW]!,
  queueOverflow: row[ROW.LOST + CAUSE.QUEUE_OVERFLOW]!,
  collectorDown: row[ROW.LOST + CAUSE.COLLECTOR_DOWN]!,
  gone: row[ROW.LOST + CAUSE.GONE]!,
  undetermined: row[ROW.LOST + CAUSE.UNDETERMINED]!,
  duplicates: row[ROW.DUPLICATES]!,
  redundant: row[ROW.REDUNDANT]!,
  unsequenced: row[ROW.UNSEQUENCED]!,
  floor: row[ROW.FLOOR]!,
  // a run without numbers has no use for them
  maxSendTime: flag(row, ROW_FLAG.UNSEQUENCED) ? 0 : row[ROW.MAX_SEND_TIME]!,
  firstSendTime: flag(row, ROW_FLAG.UNSEQUENCED) ? 0 : row[ROW.FIRST_SEND_TIME]!,
  clockBase: row[ROW.CLOCK_BASE]!,
  firstArrival: row[ROW.FIRST_ARRIVAL]!,
  lastArrival: row[ROW.LAST_ARRIVAL]!,
  highWaterAt: row[ROW.HIGH_WATER_AT]!,
  sleepUntil: row[ROW.SLEEP_UNTIL]!,
  headKnown: flag(row, ROW_FLAG.HEAD_KNOWN),
  tailKnown: flag(row, ROW_FLAG.TAIL_KNOWN),
  current: flag(row, ROW_FLAG.CURRENT),
  ended: flag(row, ROW_FLAG.ENDED),
  closed: flag(row, ROW_FLAG.CLOSED),
  isUnsequenced: flag(row, ROW_FLAG.UNSEQUENCED),
  confirmed: flag(row, ROW_FLAG.CONFIRMED),
});

export const dueFields = (device: NaiveDevice, run: NaiveRun): Record<string, number> => ({
  device: device.device,
  first: run.first,
  highWater: run.highWater,
  inOrder: run.inOrder,
  reordered: run.reordered,
  recovered: run.recovered,
  late: run.late,
  missing: run.missing,
  network: run.lost[CAUSE.NETWORK]!,
  socketOverflow: run.lost[CAUSE.SOCKET_OVERFLOW]!,
  queueOverflow: run.lost[CAUSE.QUEUE_OVERFLOW]!,
  collectorDown: run.lost[CAUSE.COLLECTOR_DOWN]!,
  gone: run.lost[CAUSE.GONE]!,
  undetermined: run.lost[CAUSE.UNDETERMINED]!,
  duplicates: run.duplicates,
  redundant: run.redundant,
  unsequenced: run.unsequenced,
  floor: run.floor,
  maxSendTime: run.isUnsequenced ? 0 : run.greatestSendTimeUs(),
  firstSendTime: run.firstSendTimeUs,
  clockBase: run.clockBaseUs ?? 0,
  firstArrival: run.firstHeardUs,
  lastArrival: run.lastHeardUs,
  highWaterAt: run.highWaterAtUs,
  sleepUntil: run.sleepUntilUs,
  headKnown: Number(run.isHeadKnown()),
  tailKnown: Number(run.isTailKnown),
  current: Number(device.current === run),
  ended: Number(run.isEnded),
  closed: Number(run.isClosed),
  isUnsequenced: Number(run.isUnsequenced),
  confirmed: Number(device.isConfirmed),
});

export const same = (a: Record<string, number>, b: Record<string, number>): boolean => {
  for (const key in a) if (a[key] !== b[key]) return false;
  return true;
};

/** Times only where the naive ledger knows them. */
export const sameRange = (actual: Range, due: NaiveGap): boolean =>
  actual.first === due.first &&
  actual.last === due.last &&
  actual.state === due.state &&
  actual.openedAt === due.openedAtUs &&
  actual.requests === due.requests &&
  (actual.state === "open" || actual.cause === due.cause) &&
  (due.timeBefore === undefined || actual.timeBefore === due.timeBefore) &&
  (due.timeAfter === undefined || actual.timeAfter === due.timeAfter);

export const textOf = (range: Range | NaiveGap): string => {
  const { first, last, state, cause, timeBefore, timeAfter, requests } = range;
  const openedAt = "openedAt" in range ? range.openedAt : range.openedAtUs;
  return `[${first}, ${last}] ${state}${state === "lost" ? ` ${cause}` : ""} opened ${openedAt} asked ${requests} times between ${timeBefore} and ${timeAfter}`;
};
