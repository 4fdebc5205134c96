import { writeFileSync } from "node:fs";
import type { StartArchive } from "../../collector/ingest/ingest-messages.ts";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";

/** An archive that makes a file when it is closed. */
export const openArchive = ({ closed }: { closed: string }): StartArchive => ({
  restored: () => NOTHING_RESTORED,
  load: () => null,
  loadEpoch: () => null,
  close: () => writeFileSync(closed, ""),
});
