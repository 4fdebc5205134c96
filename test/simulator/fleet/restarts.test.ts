import { expect, test } from "vitest";
import { parseTime } from "../../../protocol/time.ts";
import type { SimulatorSettings } from "../../../simulator/options/settings.ts";
import type { TruthRecord } from "../../../simulator/truth/truth.ts";
import { BASE_US, fixedSettings, simulateInMemory } from "../support.ts";

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
  expect(perMinute).toBeGreaterThan(2.6);
  expect(perMinute).toBeLessThan(3.4);
});

const MOST = 2 ** 32 - 1;
test.each([
  ["grow", [100, 101, 102]],
  ["grow", [MOST, 0, 1]],
  ["shrink", [100, 99, 98]],
  ["shrink", [1, 0, MOST]],
  ["same", [100, 100, 100]],
] as const)("epochs %s when told so, round and round: %j", (epochOrder, epochs) => {
  const [starts] = startsByDevice({ restartsPerMinute: 20, epochOrder, epoch: epochs[0] });
  expect(starts!.slice(0, 3).map(({ epoch }) => epoch)).toEqual(epochs);
});

test("each start begins its numbers at 0 and its time where the one before left off", () => {
  for (const starts of startsByDevice({ restartsPerMinute: 6 })) {
    expect(starts.reduce((sum, { next }) => sum + next, 0)).toBe(600);
    const startedUs = starts.map(({ startedAt }) => parseTime(startedAt));
    expect(startedUs).toEqual(startedUs.toSorted((a, b) => a - b));
  }
});

test("under one epoch nothing of a start is under way any more when the next begins, and nothing leaves before it came so far", () => {
  const settings = {
    epochOrder: "same",
    restartsPerMinute: 30,
    delayMs: 300,
    jitterMs: 900,
    rateHz: 20,
  } as const;
  const { sent, truth } = simulateInMemory(fixedSettings({ ...BUSY, durationMs: 60_000, ...settings }));
  const startsOf = Map.groupBy(truth.records, ({ device }) => device);
  let held = 0;
  for (const { emission } of sent) {
    const sentUs = emission.sendTimeUs - BASE_US;
    const beganUs = startsOf
      .get(`sim-${String(emission.device).padStart(2, "0")}`)!
      .map(({ startedAt }) => parseTime(startedAt) - BASE_US);
    const nextUs = beganUs.find((timeUs) => timeUs > sentUs) ?? Infinity;
    expect(emission.dueUs).toBeLessThan(nextUs + 300_000);
    // by less than the microsecond a moment is drawn to
    expect(emission.dueUs).toBeGreaterThan(sentUs + 300_000 - 1);
    if (emission.dueUs >= nextUs) held++;
  }
  expect(held).toBeGreaterThan(100);
});
