import type { Admission } from "./admission.ts";
import type { Believer } from "./belief.ts";
import type { TrackerContext } from "./context.ts";
import type { CurrentRun } from "./current-run.ts";
import type { Epochs } from "./epochs.ts";
import type { GapCloser } from "./gap-closer.ts";
import type { Holds } from "./holds.ts";
import type { Outcome } from "./outcome.ts";
import type { OwningRuns } from "./owning-runs.ts";
import type { RunLedger } from "./run-ledger.ts";
import type { Sources } from "./sources.ts";

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
