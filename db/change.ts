import type { FleetCounters, Note } from "../protocol/batch.ts";
import type { Downtime } from "../protocol/device-status.ts";
import type { LatestColumns } from "./view/latest-values.ts";

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

export const emptyFleet = (): FleetCounters => ({
  datagrams: 0,
  control: 0,
  shed: 0,
  held: 0,
  rejected: {},
  refusedReadings: {},
});

/** A process that died with datagrams held never decided them: they count as what they would have become, rejected. */
export const withoutHeld = (fleet: FleetCounters): FleetCounters => {
  if (fleet.held === 0) return fleet;
  const known = fleet.rejected["implausible-sequence"] ?? 0;
  return {
    ...fleet,
    held: 0,
    rejected: { ...fleet.rejected, "implausible-sequence": known + fleet.held },
  };
};

/** The fleet's counters: the sum of those of all ingest workers. */
export const sumFleets = (fleets: readonly FleetCounters[]): FleetCounters => {
  const sum = emptyFleet();
  for (const fleet of fleets) {
    for (const counter of FLEET_COUNTS) sum[counter] += fleet[counter];
    addByReason(sum.rejected, fleet.rejected);
    addByReason(sum.refusedReadings, fleet.refusedReadings);
  }
  return sum;
};

const FLEET_COUNTS = ["datagrams", "control", "shed", "held"] as const;

const addByReason = (sum: Record<string, number>, counts: Record<string, number>): void => {
  for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + count;
};
