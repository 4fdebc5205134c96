import type { DeviceArchive } from "../../collector/tracker/types.ts";

/** An archive that takes its thread down after a while: how a crash of the ingest worker is staged. */
export const openArchive = ({ afterMs }: { afterMs: number }): DeviceArchive => {
  setTimeout(() => {
    throw new RangeError("told to die");
  }, afterMs);
  return { load: () => null, loadEpoch: () => null };
};
