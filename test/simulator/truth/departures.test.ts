import fc from "fast-check";
import { expect, test } from "vitest";
import type { Range } from "../../../protocol/ranges.ts";
import { DepartureLog, type Departures } from "../../../simulator/truth/departures.ts";

const left = (copies: number, intact: number): Departures => ({ copies, intact });

/** A number is used, or one of those before is sent again, or one intact copy of it is refused. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(left(0, 0), left(1, 0), left(1, 1), left(2, 2), left(3, 3)) },
  fc.record({
    again: fc.nat(),
    departures: fc.constantFrom(left(1, 1), left(2, 2), left(1, 0), left(2, 1)),
  }),
  fc.record({ refused: fc.nat() }),
);

const numbersOf = (ranges: readonly Range[]): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));

test("what left of each number is what left of it at first and when it was sent again, less what was refused", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const log = new DepartureLog();
      const naive: Departures[] = [];
      for (const each of steps) {
        if ("copies" in each) {
          log.use(naive.length, each);
          naive.push({ ...each });
          continue;
        }
        if (naive.length === 0) continue;
        const number = ("again" in each ? each.again : each.refused) % naive.length;
        const before = naive[number]!;
        if ("again" in each) {
          log.repeat(number, each.departures);
          naive[number] = left(
            before.copies + each.departures.copies,
            before.intact + each.departures.intact,
          );
        } else if (before.intact > 0) {
          log.refuse(number, true);
          naive[number] = left(before.copies - 1, before.intact - 1);
        }
      }
      const which = (isSo: (of: Departures) => boolean): number[] =>
        naive.flatMap((of, number) => (isSo(of) ? [number] : []));
      const { dropped, corrupted, copies } = log.record();
      expect(numbersOf(dropped)).toEqual(which((of) => of.copies === 0));
      expect(numbersOf(corrupted)).toEqual(which((of) => of.copies > 0 && of.intact === 0));
      expect(
        copies.flatMap(([first, last, k]) => numbersOf([[first, last]]).map((number) => [number, k])),
      ).toEqual(which((of) => of.intact > 1).map((number) => [number, naive[number]!.intact]));
      for (const [number, of] of naive.entries()) expect(log.departuresOf(number).intact).toBe(of.intact);
    }),
    { numRuns: 300 },
  );
});

test("copies of as many are one range", () => {
  const log = new DepartureLog();
  for (const [number, copies] of [1, 2, 2, 3, 2].entries()) log.use(number, left(copies, copies));
  expect(log.record()).toEqual({
    dropped: [],
    corrupted: [],
    copies: [
      [1, 2, 2],
      [3, 3, 3],
      [4, 4, 2],
    ],
  });
});

test("a damaged copy that was refused did not leave", () => {
  const log = new DepartureLog();
  log.use(0, left(1, 0));
  log.use(1, left(2, 2));
  log.refuse(0, false);
  expect(log.record()).toEqual({ dropped: [[0, 0]], corrupted: [], copies: [[1, 1, 2]] });
});
