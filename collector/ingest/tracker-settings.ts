import { BATCH_OPS } from "../../protocol/batch.ts";
import type { TrackerOptions } from "../tracker/types.ts";

/** What an operator can set of the tracker. */
export type TrackerSettings = Omit<TrackerOptions, "archive">;

/** Defaults of docs/ledger.md. */
export const DEFAULT_TRACKER_SETTINGS: TrackerSettings = {
  windowMs: 250,
  maxDevices: 200_000,
  maxGapsPerDevice: 4096,
  maxGaps: 1_000_000,
  maxOpenRuns: 8,
  maxNewRunsPerMinute: 16,
  holdMs: 5000,
};

/** The greatest `maxGapsPerDevice`: the windows of one run must fit into a batch. */
export const MAX_GAPS_PER_DEVICE = BATCH_OPS - 192;
