import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { SLOT } = deviceSlot;

/** A run has so many absent ranges more, or less: counted for its device and in all, since both are bounded (R15). */
export const countGaps = (context: TrackerContext, run: number, delta: number): void => {
  const { runs, devices } = context;
  const device = runs.device[run]!;
  devices.setInt(device, SLOT.GAPS, devices.int(device, SLOT.GAPS) + delta);
  context.gapCount += delta;
};
