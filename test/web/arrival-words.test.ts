import { expect, test } from "vitest";
import type { Arrivals } from "../../web/src/data/types.ts";
import { clockSentence, meanPlace, noTransitSentence } from "../../web/src/device/arrival-words.ts";

type Transit = NonNullable<Arrivals["transit"]>;

const transit = (leastSeconds: number, isRelative = false): Transit => ({
  pairs: 10,
  jitterSeconds: 0.001,
  meanSeconds: leastSeconds + 0.01,
  leastSeconds,
  greatestSeconds: leastSeconds + 0.04,
  spreadSeconds: 0.04,
  isRelative,
});

test("a negative delay gives away that the device's clock is ahead", () => {
  expect(clockSentence(transit(-3.5))).toContain(
    "it took −3.5 s: the device's clock is ahead of ours by at least 3.5 s",
  );
});

test("a positive delay is the way and the clocks together, neither alone", () => {
  expect(clockSentence(transit(0.5))).toMatch(/not known.*took 500 ms, which is the way and the difference/);
});

test("a device without a clock says nothing of how long the quickest took", () => {
  expect(clockSentence(transit(0, true))).toContain("The device has no clock");
});

test("the mean lies between the quickest and the slowest, nowhere when these are one", () => {
  expect(meanPlace(transit(-7))).toBeCloseTo(0.25);
  expect(meanPlace({ ...transit(1), meanSeconds: 9 })).toBe(1);
  expect(meanPlace({ ...transit(1), spreadSeconds: 0 })).toBeNull();
});

test("a device that was not heard lately is told from one that sent too little", () => {
  const reordering = { count: 0, greatestExtent: 0, meanExtent: 0, greatestDelaySeconds: 0, nReordering: [] };
  const nothing = { epoch: null, transit: null, reordering };
  expect(noTransitSentence({ ...nothing, run: null }, false)).toContain("Nothing was heard of it lately");
  expect(noTransitSentence({ ...nothing, run: 0 }, false)).toContain("Not known yet");
  expect(noTransitSentence({ ...nothing, run: 0 }, true)).toContain("have no numbers");
});
