import { expect, test } from "vitest";
import { EARLIEST_TIME_US, LATEST_AHEAD_US } from "../../../protocol/constants.ts";
import { audit, formatReport } from "../../../simulator/audit/audit.ts";
import type { SimulatorSettings } from "../../../simulator/options/settings.ts";
import { sourceOf } from "../reference-ledger.ts";
import { BASE_US, fixedSettings, IMPAIRED, simulateInMemory } from "../support.ts";
import { TrackerLedger } from "../tracker-ledger.ts";

const FLEET: Partial<SimulatorSettings> = {
  ...{ devices: 20, rateHz: 20, durationMs: 15_000, restartsPerMinute: 10, ...IMPAIRED },
};

const CELLS: [string, Partial<SimulatorSettings>][] = [
  ["binary", {}],
  ["JSON", { format: "json" }],
  ["JSON without send time", { format: "json", jsonTime: false }],
  ["JSON without epoch", { format: "json", jsonEpoch: false, restartsPerMinute: 0, jitterMs: 0 }],
  ["epochs that shrink", { epochOrder: "shrink" }],
  ["epochs that are used again", { epochOrder: "same" }],
  ["JSON without epoch, with restarts", { format: "json", jsonEpoch: false, jitterMs: 0 }],
  ["no DESCRIBE, no heartbeat", { describe: false, endHeartbeats: 0 }],
  ["heavy loss", { loss: 0.5, burstEnter: 0.05 }],
  ["heavy reordering", { reorder: 0.6, reorderCount: 20, reorderMs: 200 }],
  ["reordering beyond the window", { reorder: 0.3, reorderCount: 60, reorderMs: 3000 }],
  ["delay beyond the window", { delayMs: 1000, jitterMs: 800 }],
  ["four copies of everything", { duplicate: 1, duplicateCopies: 7, jitterMs: 400 }],
  ["as many restarts as may be", { restartsPerMinute: 600, durationMs: 120_000, rateHz: 5 }],
  [
    "impaired control without farewell",
    { impairControl: true, endHeartbeats: 0, loss: 0.001, restartsPerMinute: 0 },
  ],
  ["clocks that were never set, whose times a collector refuses", { baseTimeUs: 1_000_000 }],
  ["clocks some of which say 1999 at first", { baseTimeUs: EARLIEST_TIME_US + 500_000 }],
  ["readings some of which are of 1999", { baseTimeUs: EARLIEST_TIME_US + 100, skewMs: 0 }],
  ["clocks some of which are a day ahead", { baseTimeUs: BASE_US + LATEST_AHEAD_US - 500_000 }],
  ["slow devices", { rateHz: 0.2, durationMs: 120_000, reorderMs: 10_000, restartsPerMinute: 1 }],
  ["fast devices", { devices: 2, rateHz: 2000, durationMs: 5000 }],
];

test.each(CELLS)("the collector's tracker and the truth agree on every number: %s", (_what, given) => {
  const { sent, truth } = simulateInMemory(fixedSettings({ ...FLEET, ...given }));
  const ledger = new TrackerLedger(sent).ledger();
  return audit(truth, sourceOf(ledger)).then((report) => {
    expect(formatReport(report).slice(0, 5)).toEqual(
      formatReport({ ...report, differences: [] }).slice(0, 5),
    );
    expect(report.isClean).toBe(true);
    expect(report.numbers).toBeGreaterThan(100);
  });
});
