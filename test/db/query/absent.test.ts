import fc from "fast-check";
import { expect, test } from "vitest";
import { LongestGaps, placeAbsent } from "../../../db/query/absent.ts";
import { type AbsentRange, placeBetween } from "../../../db/query/absent-times.ts";
import { bucketAt } from "../../../db/series/grid.ts";

const rangeOf = (first: number, last: number, before: number, after: number): AbsentRange => ({
  ...{ first, last, openedAtUs: 7, timeBefore: before, timeAfter: after },
});

test("absent numbers are counted in the buckets where each of them lies, also where a clock went back over them", () => {
  const timeUs = fc.integer({ min: 0, max: 400 });
  fc.assert(
    fc.property(
      fc.record({ first: fc.nat(50), more: fc.nat(60), before: timeUs, after: timeUs }),
      fc.record({ fromUs: timeUs, lengthUs: fc.nat(300), stepUs: fc.integer({ min: 1, max: 120 }) }),
      ({ first, more, before, after }, { fromUs, lengthUs, stepUs }) => {
        const grid = { fromUs, toUs: fromUs + lengthUs, stepUs, count: Math.ceil(lengthUs / stepUs) };
        const range = rangeOf(first, first + more, before, after);
        const naive = new Float64Array(grid.count);
        for (let number = first; number <= first + more; number++) {
          const atUs = placeBetween(range, number);
          if (atUs >= grid.fromUs && atUs < grid.toUs) naive[bucketAt(grid, atUs)]! += 1;
        }
        const counts = new Float64Array(grid.count);
        const within = placeAbsent(grid, range, counts);
        expect([...counts]).toEqual([...naive]);
        expect(within).toBe(naive.reduce((sum, count) => sum + count, 0));
      },
    ),
    { numRuns: 2000, interruptAfterTimeLimit: 2000 },
  );
});

test("of more gaps than are listed the longest ones are, by time, and the others are counted", () => {
  const gaps = new LongestGaps(3);
  const add = (first: number, count: number): void =>
    gaps.add({
      ...rangeOf(first, first + count - 1, first - 1, first + count),
      ...{ run: 1, state: "lost", cause: "network", openedAtUs: 7, closedAtUs: 8, requests: 0 },
    });
  const listed = (): [number, number][] => gaps.list().map(({ first, fromUs }) => [first, fromUs]);
  for (const [first, count] of [
    [500, 2],
    [100, 9],
    [300, 1],
  ] as const)
    add(first, count);
  expect([listed(), gaps.leftOut]).toEqual([
    [
      [100, 99],
      [300, 299],
      [500, 499],
    ],
    0,
  ]);
  for (const [first, count] of [
    [900, 30],
    [40, 20],
    [600, 3],
    [700, 4],
    [800, 1],
  ] as const)
    add(first, count);
  expect([listed(), gaps.leftOut]).toEqual([
    [
      [40, 39],
      [100, 99],
      [900, 899],
    ],
    5,
  ]);
});

test.each([
  ["every second number", 2, 0],
  ["every hundredth", 100, 0],
  ["every 987th, a number of Fibonacci's", 987, 0],
  ["by no rule", 7, 50],
])("of equally long gaps, %s, those that are listed lie all over the series", (_, every, scatter) => {
  const [most, count] = [100, 5000];
  const gaps = new LongestGaps(most);
  for (let gap = 0; gap < count; gap++) {
    const first = 1 + gap * (every + scatter) + ((gap * gap) % (scatter + 1));
    gaps.add({
      ...rangeOf(first, first, first - 1, first + 1),
      ...{ run: 1, state: "lost", cause: "network", openedAtUs: 7, closedAtUs: 8, requests: 0 },
    });
  }
  const tenths = new Float64Array(10);
  for (const { first } of gaps.list())
    tenths[Math.floor(first / ((count * (every + scatter) + 100) / 10))]! += 1;
  expect(Math.min(...tenths)).toBeGreaterThanOrEqual(most / 20);
  expect(gaps.leftOut).toBe(count - most);
});

test("gaps that begin at one time are listed by run, then by number", () => {
  const gaps = new LongestGaps(10);
  for (const [run, first] of [
    [2, 5],
    [1, 9],
    [2, 1],
    [1, 5],
  ] as const)
    gaps.add({
      ...rangeOf(first, first, 100, 200),
      ...{ run, state: "lost", cause: "network", openedAtUs: 7, closedAtUs: 8, requests: 0 },
    });
  expect(gaps.list().map(({ run, first }) => [run, first])).toEqual([
    [1, 5],
    [1, 9],
    [2, 1],
    [2, 5],
  ]);
});
