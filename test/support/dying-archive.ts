import type { StartArchive } from "../../collector/ingest-messages.ts";
import { EMPTY } from "./ingest-bench.ts";

/** An archive that takes its thread down after a while: how a crash of the ingest worker is staged. */
export const openArchive = ({ afterMs }: { afterMs: number }): StartArchive => {
  setTimeout(() => {
    throw new RangeError("told to die");
  }, afterMs);
  return { restored: () => EMPTY, load: () => null, loadEpoch: () => null };
};
