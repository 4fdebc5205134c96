import { messageOf } from "../../common/errors.ts";
import { emptyFleet, type FleetCounters } from "../../protocol/fleet-counters.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";

/** Where the newest flush left the collector. Times in microseconds. */
export interface StateRow {
  lastFlush: number;
  /** the first flush the tables may not contain completely */
  replayFrom: number;
  nextDevice: number;
  nextRun: number;
  committedAtUs: number;
  startedAtUs: number | null;
  stoppedAtUs: number | null;
}

/** Columns of `flushes`. */
export const STATE_COLUMNS = {
  replayFrom: "replay_from",
  nextDevice: "next_device",
  nextRun: "next_run",
  committedAtUs: "committed_at",
  startedAtUs: "started_at",
  stoppedAtUs: "stopped_at",
} as const satisfies Record<Exclude<keyof StateRow, "lastFlush">, string>;

const NEWEST = "FROM flushes ORDER BY flush DESC LIMIT 1";

const MAY_BE_NULL: ReadonlySet<string> = new Set(["startedAtUs", "stoppedAtUs"] satisfies (keyof StateRow)[]);

/** That of the newest flush. @throws SegmentCorruptError */
export const readStateRow = (db: Sqlite): StateRow => {
  const columns = Object.entries(STATE_COLUMNS).map(([field, column]) => `${column} AS ${field}`);
  const row = db.prepare(`SELECT flush AS lastFlush, ${columns.join(", ")} ${NEWEST}`).get() as
    | StateRow
    | undefined;
  const isSound = ([field, value]: [string, unknown]): boolean =>
    Number.isSafeInteger(value) || (value === null && MAY_BE_NULL.has(field));
  // flushes are numbered from 1
  if (row !== undefined && Object.entries(row).every(isSound) && row.replayFrom > 0) return row;
  throw new SegmentCorruptError("the newest row of flushes does not say where the collector stands");
};

/** The fleet's counters that belong to no run. @throws SegmentCorruptError */
export const readFleet = (db: Sqlite): FleetCounters => {
  const text = db.prepare(`SELECT fleet ${NEWEST}`).pluck().get() as string;
  try {
    return { ...emptyFleet(), ...(JSON.parse(text) as Partial<FleetCounters>) };
  } catch (error) {
    throw new SegmentCorruptError(`counters of the fleet: ${messageOf(error)}`);
  }
};
