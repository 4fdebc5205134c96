import type { RejectReason } from "./reasons.ts";

/** Fleet-wide counts that belong to no run, absolute since the database began. Keys of the maps are the reasons' words. */
export interface FleetCounters {
  datagrams: number;
  control: number;
  shed: number;
  /** kept aside at this moment; the only one that falls */
  held: number;
  rejected: Record<string, number>;
  refusedReadings: Record<string, number>;
}

const COUNTS = ["datagrams", "control", "shed", "held"] as const;

/** Nothing counted yet. */
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
  const reason: RejectReason = "implausible-sequence";
  const rejected = { ...fleet.rejected, [reason]: (fleet.rejected[reason] ?? 0) + fleet.held };
  return { ...fleet, held: 0, rejected };
};

/** Those of several ingest workers together, as a new object. */
export const sumFleets = (fleets: readonly FleetCounters[]): FleetCounters => {
  const sum = emptyFleet();
  for (const fleet of fleets) {
    for (const counter of COUNTS) sum[counter] += fleet[counter];
    addByReason(sum.rejected, fleet.rejected);
    addByReason(sum.refusedReadings, fleet.refusedReadings);
  }
  return sum;
};

const addByReason = (sum: Record<string, number>, counts: Record<string, number>): void => {
  for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + count;
};
