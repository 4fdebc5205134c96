import type { Restored } from "../../protocol/batch.ts";
import { emptyFleet } from "../../protocol/fleet-counters.ts";

/** What a start goes on from on an empty database. */
export const NOTHING_RESTORED: Restored = {
  hasHistory: false,
  nextDevice: 1,
  nextRun: 1,
  devices: [],
  leftOut: [],
  fleet: emptyFleet(),
};
