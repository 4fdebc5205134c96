import { expect, test } from "vitest";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { channelsOf, SIGNAL_NAMES, SIGNALS } from "../../../simulator/fleet/signals.ts";

const NUMBERS = Array.from({ length: 5000 }, (_, n) => n);

test.each(SIGNAL_NAMES)("a value of %s depends on its number alone, not on what was asked before", (name) => {
  const { valueAt } = SIGNALS[name];
  const forward = NUMBERS.map((n) => valueAt(9, n));
  const backward = NUMBERS.toReversed().map((n) => valueAt(9, n));
  expect(backward.reverse()).toEqual(forward);
});

test.each(SIGNAL_NAMES)("every value of %s is exact in its wire type", (name) => {
  const { valueAt, type } = SIGNALS[name];
  const isExact: Record<number, (value: number) => boolean> = {
    [VALUE_TYPE.FLOAT32]: (value) => Math.fround(value) === value,
    [VALUE_TYPE.FLOAT64]: Number.isFinite,
    [VALUE_TYPE.INT32]: (value) => (value | 0) === value,
    [VALUE_TYPE.BOOL]: (value) => value === 0 || value === 1,
    [VALUE_TYPE.UINT64]: (value) => Number.isSafeInteger(value) && value >= 0,
  };
  expect(NUMBERS.filter((n) => !isExact[type]!(valueAt(4, n)))).toEqual([]);
});

test("a random walk takes small steps, also from one block of numbers to the next", () => {
  const steps = NUMBERS.slice(1).map((n) =>
    Math.abs(SIGNALS.walk.valueAt(2, n) - SIGNALS.walk.valueAt(2, n - 1)),
  );
  expect(Math.max(...steps)).toBeLessThan(5);
  expect(Math.max(...steps)).toBeGreaterThan(0);
});

test("a square wave spends about half its time in each state", () => {
  const high = NUMBERS.filter((n) => SIGNALS.square.valueAt(8, n) === 1).length;
  expect(high / NUMBERS.length).toBeCloseTo(0.5, 1);
});

test("bursts are rare and short", () => {
  const active = NUMBERS.filter((n) => SIGNALS.bursts.valueAt(8, n) > 0).length;
  expect(active / NUMBERS.length).toBeGreaterThan(0.1);
  expect(active / NUMBERS.length).toBeLessThan(0.35);
});

test("channels of a signal that is named several times have names of their own", () => {
  const channels = channelsOf(["sine", "sine", "ramp"], 7);
  expect(channels.map(({ number, name }) => [number, name])).toEqual([
    [0, "temperature"],
    [1, "temperature2"],
    [2, "level"],
    [3, "temperature3"],
    [4, "temperature4"],
    [5, "level2"],
    [6, "temperature5"],
  ]);
});

test("channels of one device have distinct names", () => {
  const names = channelsOf(SIGNAL_NAMES, 12).map(({ name }) => name);
  expect(new Set(names).size).toBe(12);
});
