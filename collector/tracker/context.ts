import type { Reordering } from "./arrival/reordering.ts";
import type { Transit } from "./arrival/transit.ts";
import type { DeviceTable } from "./device/device-table.ts";
import type { Paths } from "./device/paths.ts";
import type { Deadlines } from "./gap/deadlines.ts";
import type { KernelEvidence } from "./gap/kernel-evidence.ts";
import type { OpenWindows } from "./gap/open-windows.ts";
import type { ShedEvidence } from "./gap/shed-evidence.ts";
import type { HeardRuns } from "./run/heard-runs.ts";
import type { NumberSource } from "./run/number-source.ts";
import type { RunTable } from "./run/run-table.ts";
import type { Recoverer, TrackerOptions, TrackerSink } from "./types.ts";

/** What the parts of the tracker share: its tables and what is known of the listening as a whole. */
export interface TrackerContext {
  readonly options: TrackerOptions;
  readonly sink: TrackerSink;
  readonly devices: DeviceTable;
  readonly runs: RunTable;
  /** of runs: when their next window closes */
  readonly windows: Deadlines;
  readonly openWindows: OpenWindows;
  readonly shed: ShedEvidence;
  readonly kernel: KernelEvidence;
  readonly heard: HeardRuns;
  /** null = all listeners are one path */
  readonly paths: Paths | null;
  readonly reordering: Reordering;
  readonly transit: Transit;
  /** null = devices are not asked again */
  readonly recovery: Recoverer | null;
  /** listener breaks so far; the start is the first one */
  breaks: number;
  /** gaps opened until then (monotonic, inclusive) are `collector-down` whatever run they belong to (R14 b) */
  downUntilMs: number;
  /** absent ranges of all runs */
  gapCount: number;
  readonly runNumbers: NumberSource;
  readonly deviceNumbers: NumberSource;
  /** what all batches up to this number carried is given by the archive */
  archived: number;
}
