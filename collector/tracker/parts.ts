import type { TrackerContext } from "./context.ts";
import type { Sources } from "./device/sources.ts";
import type { GapCloser } from "./gap/gap-closer.ts";
import type { CurrentRun } from "./run/current-run.ts";
import type { Epochs } from "./run/epochs.ts";
import type { OwningRuns } from "./run/owning-runs.ts";
import type { RunLedger } from "./run/run-ledger.ts";
import type { Admission } from "./verdict/admission.ts";
import type { Believer } from "./verdict/belief.ts";
import type { Holds } from "./verdict/holds.ts";
import type { Outcome } from "./verdict/outcome.ts";

/** The machines a verdict is made with. */
export interface TrackerParts {
  context: TrackerContext;
  ledger: RunLedger;
  closer: GapCloser;
  epochs: Epochs;
  owning: OwningRuns;
  current: CurrentRun;
  holds: Holds;
  admission: Admission;
  believer: Believer;
  sources: Sources;
  outcome: Outcome;
}
