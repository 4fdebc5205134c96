import { expect, test } from "vitest";
import { NumberSource } from "../../../../collector/tracker/run/number-source.ts";

test("one worker numbers without holes", () => {
  const source = new NumberSource(0, 1);
  expect([source.take(), source.take(), source.take()]).toEqual([1, 2, 3]);
});

test("several workers never give the same number, whoever is ahead", () => {
  const sources = [0, 1, 2].map((worker) => new NumberSource(worker, 3));
  const numbers = [0, 0, 0, 0, 1, 2, 2, 1].map((worker) => sources[worker]!.take());
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Math.min(...numbers)).toBe(1);
  expect(numbers.slice(0, 4)).toEqual([3, 6, 9, 12]);
});

test("numbers below a bound are left out, numbers already beyond it go on", () => {
  const source = new NumberSource(1, 4);
  source.atLeast(10);
  expect(source.take()).toBe(13);
  source.atLeast(2);
  expect(source.take()).toBe(17);
});
