import { writeFileSync } from "node:fs";
import type { StartArchive } from "../../collector/ingest-messages.ts";
import { EMPTY } from "./ingest-bench.ts";

/** An archive that makes a file when it is closed. */
export const openArchive = ({ closed }: { closed: string }): StartArchive => ({
  restored: () => EMPTY,
  load: () => null,
  loadEpoch: () => null,
  close: () => writeFileSync(closed, ""),
});
