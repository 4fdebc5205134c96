import { expect, test } from "vitest";
import { createClock, systemClock } from "../../common/clock.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A system whose two clocks a test moves by hand. */
const fakeSystem = () => {
  const system = { elapsedMs: 5, wallMs: 1_000_005 };
  const clock = createClock({
    timeOriginMs: 1_000_000.25,
    elapsedMs: () => system.elapsedMs,
    wallMs: () => Math.floor(system.wallMs),
  });
  const pass = (ms: number): void => {
    system.elapsedMs += ms;
    system.wallMs += ms;
  };
  return { system, clock, pass };
};

test("wall time has microseconds between two milliseconds", () => {
  const { clock, pass } = fakeSystem();
  const before = clock.wallUs();
  pass(0.125);
  expect(clock.wallUs() - before).toBe(125);
});

test("wall time is the origin plus what elapsed while the system's clock agrees", () => {
  const { clock } = fakeSystem();
  expect(clock.wallUs()).toBe(1_000_005_250);
});

test("a step of the system's clock is followed at once", () => {
  const { clock, system } = fakeSystem();
  system.wallMs += 3_600_000;
  expect(clock.wallUs()).toBe(4_600_005_000);
  system.wallMs -= 7_200_000;
  expect(clock.wallUs()).toBe(-2_599_995_000);
});

test("slow drift never lets wall time part from the system's clock by more than 3 ms", () => {
  const { clock, system, pass } = fakeSystem();
  for (let step = 0; step < 1000; step++) {
    pass(10);
    system.wallMs += 0.05;
    expect(Math.abs(clock.wallUs() / 1000 - system.wallMs)).toBeLessThanOrEqual(3);
  }
});

test("a step of the wall clock does not move the monotonic clock", () => {
  const { clock, system } = fakeSystem();
  system.wallMs -= 1e9;
  expect(clock.monotonicMs()).toBe(5);
});

test("the real wall clock gives whole microseconds near the system's time", () => {
  const beforeMs = Date.now();
  const us = systemClock.wallUs();
  // the machine may do something else between two of the three, for however long
  const afterMs = Date.now();
  expect(Number.isSafeInteger(us)).toBe(true);
  expect(us / 1000).toBeGreaterThan(beforeMs - 50);
  expect(us / 1000).toBeLessThan(afterMs + 50);
});

test("the real monotonic clock does not go back", () => {
  const first = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
});

test("the clock of tests moves both clocks together and the wall clock alone", () => {
  const clock = new ManualClock(1_000_000, 10);
  clock.advanceMs(1.5);
  clock.stepWallUs(-7);
  expect([clock.wallUs(), clock.monotonicMs()]).toEqual([1_001_493, 11.5]);
});
