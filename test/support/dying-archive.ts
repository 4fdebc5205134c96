import { existsSync } from "node:fs";
import type { StartArchive } from "../../collector/ingest/ingest-messages.ts";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";

/** An archive that takes its thread down once the file exists: how a crash of the ingest worker is staged. */
export const openArchive = ({ when }: { when: string }): StartArchive => {
  setInterval(() => {
    if (existsSync(when)) throw new RangeError("told to die");
  }, 20);
  return {
    restored: () => NOTHING_RESTORED,
    load: () => null,
    loadEpoch: () => null,
    close: () => undefined,
  };
};
