import { expect, test } from "vitest";
import { parseTime } from "../../protocol/time.ts";
import type { SimulatorSettings } from "../../simulator/settings.ts";
import type { TruthRecord } from "../../simulator/truth.ts";
import { fixedSettings, simulateInMemory } from "./support.ts";

const BUSY: Partial<SimulatorSettings> = { devices: 20, rateHz: 2, durationMs: 300_000, endHeartbeats: 0 };

const startsByDevice = (given: Partial<SimulatorSettings>): TruthRecord[][] => {
  const { truth } = simulateInMemory(fixedSettings({ ...BUSY, ...given }));
  return [...Map.groupBy(truth.records, ({ device }) => device).values()];
};

test("restarts stay within what a collector accepts: 16 epochs a minute, the ninth open one silent for 10 s", () => {
  for (const starts of startsByDevice({ restartsPerMinute: 600 })) {
    const startedUs = starts.map(({ startedAt }) => parseTime(startedAt));
    expect(startedUs.length).toBeGreaterThan(20);
    for (const [index, timeUs] of startedUs.entries()) {
      const minute = startedUs.slice(index).filter((other) => other < timeUs + 60e6);
      expect(minute.length).toBeLessThanOrEqual(16);
      // the oldest of eight open epochs fell silent when the next one began
      const eighthAfter = startedUs[index + 8];
      const silentSinceUs = startedUs[index + 1];
      if (eighthAfter !== undefined) expect(eighthAfter - silentSinceUs!).toBeGreaterThan(10e6);
    }
  }
});

test("a restart flood keeps no distance", () => {
  const [starts] = startsByDevice({ restartsPerMinute: 60, restartFlood: true });
  expect(starts!.length).toBeGreaterThan(150);
});

test("restarts have the rate they are told when that leaves room", () => {
  const starts = startsByDevice({ restartsPerMinute: 3 }).flat();
  const perMinute = (starts.length - 20) / 20 / 5;
  expect(perMinute).toBeGreaterThan(2.2);
  expect(perMinute).toBeLessThan(3.8);
});

test.each([
  ["grow", [100, 101, 102]],
  ["shrink", [100, 99, 98]],
  ["same", [100, 100, 100]],
] as const)("epochs %s when told so", (epochOrder, epochs) => {
  const [starts] = startsByDevice({ restartsPerMinute: 20, epochOrder });
  expect(starts!.slice(0, 3).map(({ epoch }) => epoch)).toEqual(epochs);
});

test("each start begins its numbers at 0 and its time where the one before left off", () => {
  for (const starts of startsByDevice({ restartsPerMinute: 6 })) {
    expect(starts.reduce((sum, { next }) => sum + next, 0)).toBe(600);
    const startedUs = starts.map(({ startedAt }) => parseTime(startedAt));
    expect(startedUs).toEqual(startedUs.toSorted((a, b) => a - b));
  }
});
