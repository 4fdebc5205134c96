import type { Note } from "../../protocol/batch.ts";
import type { Downtime } from "../../protocol/device-status.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { LatestColumns } from "./latest-values.ts";

export type EventNote = Extract<Note, { note: "event" }>;

/** What one flush changes in the ledger: the journal's record, and what the writer posts to the main thread. */
export interface LedgerChange {
  /** number of the flush, growing by one */
  flush: number;
  /** wall clock at the commit */
  committedAtUs: number;
  /** without events */
  notes: readonly Note[];
  /** CHANGE_FIELDS per changed run: its row at the end of the flush and its expired numbers; runs ascending */
  rows: Float64Array;
  latest: LatestColumns;
  /** expired numbers of runs that are forgotten already */
  forgottenExpired: number;
  fleet: FleetCounters;
  /** when the collector last did not listen */
  down: Downtime | null;
}

/** When the collector last did not listen, after these events: until its start is committed nobody knows how long it will be. */
export const downAfter = (before: Downtime | null, events: readonly EventNote[]): Downtime | null => {
  let down = before;
  for (const { kind, at, detail } of events) {
    if (kind === "collector-down") down = { fromUs: Number(detail.from), toUs: Number(detail.to) };
    else if (kind === "collector-started" && down?.toUs === Number.POSITIVE_INFINITY)
      down = { ...down, toUs: at };
  }
  return down;
};
