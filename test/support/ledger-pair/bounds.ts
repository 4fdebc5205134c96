import type { TrackerOptions } from "../../../collector/tracker/types.ts";

/** Bounds so small that scripts meet them. */
export const TIGHT: TrackerOptions = {
  windowMs: 250,
  maxDevices: 6,
  maxGapsPerDevice: 9,
  maxGaps: 1_000_000,
  maxOpenRuns: 3,
  maxNewRunsPerMinute: 6,
  holdMs: 5000,
};

/** The defaults of the collector (docs/ledger.md). */
export const ROOMY: TrackerOptions = {
  ...TIGHT,
  // the default's room, asked for anew by the tracker of every script, would be most of the time a test takes
  maxDevices: 1000,
  maxGapsPerDevice: 4096,
  maxGaps: 1_000_000,
  maxOpenRuns: 8,
  maxNewRunsPerMinute: 16,
};
