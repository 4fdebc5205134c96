import fc from "fast-check";
import { expect, test } from "vitest";
import { type AbsentRange, countWithin, placeBetween } from "../../../db/query/absent-times.ts";

const range = (first: number, last: number, before: number, after: number, openedAt = 0): AbsentRange => ({
  first,
  last,
  openedAtUs: openedAt,
  timeBefore: before,
  timeAfter: after,
});

test("absent numbers lie at equal distances between their neighbours", () => {
  const gap = range(10, 12, 1000, 5000);
  expect([9, 10, 11, 12, 13].map((number) => placeBetween(gap, number))).toEqual([
    1000, 2000, 3000, 4000, 5000,
  ]);
});

test("a neighbour without a time leaves all numbers at the other one", () => {
  expect(placeBetween(range(10, 12, 0, 5000, 7), 11)).toBe(5000);
  expect(placeBetween(range(10, 12, 5000, 0, 7), 11)).toBe(5000);
  expect(placeBetween(range(10, 12, 0, 0, 7), 11)).toBe(7);
});

test("counting in a span equals placing each number, also when the clock went back", () => {
  const time = fc.integer({ min: 1, max: 2000 });
  fc.assert(
    fc.property(
      fc.nat(50),
      fc.nat(40),
      time,
      time,
      fc.option(time),
      fc.option(time),
      (first, more, before, after, from, to) => {
        const gap = range(first, first + more, before, after);
        let expected = 0;
        for (let number = gap.first; number <= gap.last; number++) {
          const at = placeBetween(
            before <= after ? gap : { ...gap, timeBefore: after, timeAfter: before },
            number,
          );
          if ((from === null || at >= from) && (to === null || at < to)) expected++;
        }
        expect(countWithin(gap, from, to)).toBe(expected);
      },
    ),
  );
});
