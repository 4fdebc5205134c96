import type { TrackerOptions, TrackerSink } from "../../../collector/tracker/types.ts";
import type { NaiveDevice } from "./device.ts";
import type { NaiveEvidence } from "./kernel-evidence.ts";
import type { NaivePaths } from "./paths.ts";

/** Everything the naive ledger knows; its steps are functions of this. Nothing is paged out here. */
export interface NaiveState {
  readonly options: TrackerOptions;
  readonly sink: TrackerSink;
  /** what decides something says so, so that the tests can tell which rules they met */
  readonly hit: (rule: string) => void;
  /** devices are asked again */
  readonly recovers: boolean;
  readonly devices: Map<string, NaiveDevice>;
  nextDevice: number;
  nextRun: number;
  gapsOpened: number;
  /** how often listening broke off */
  breaks: number;
  /** when listening began on a database with a history, monotonic */
  restartedAtMs: number | undefined;
  evidence: NaiveEvidence;
  paths: NaivePaths;
}
