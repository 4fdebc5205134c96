import type { RunTable } from "../run/run-table.ts";
import { SLOT } from "./device-slot.ts";
import type { DeviceTable } from "./device-table.ts";

/**
 * Something is noted of a device that no row tells: its source, a name. A row of it goes with that, or after it, so that the device stays in memory until
 * the archive has both (R16).
 */
export const touchNewest = (devices: DeviceTable, runs: RunTable, device: number): void => {
  const newest = devices.int(device, SLOT.NEWEST);
  if (newest >= 0) runs.touch(newest);
};
