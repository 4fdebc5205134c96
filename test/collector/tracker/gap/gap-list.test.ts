import fc from "fast-check";
import { expect, test } from "vitest";
import { GAP, GAP_STATE } from "../../../../collector/tracker/gap/gap-fields.ts";
import { GapList } from "../../../../collector/tracker/gap/gap-list.ts";

interface Range {
  first: number;
  last: number;
  isOpen: boolean;
  timeBefore: number;
  timeAfter: number;
}

const NUMBERS = 50;
const number = fc.nat(NUMBERS);
const insert = fc.record({
  do: fc.constant("insert" as const),
  number,
  length: fc.nat(9),
  isOpen: fc.boolean(),
});
const single = fc.record({ do: fc.constantFrom("take", "take", "remove", "close" as const), number });
const numbers = fc.uniqueArray(number, { minLength: 1, maxLength: 9 });
const count = fc.nat(600);
const step = fc.oneof(
  { weight: 4, arbitrary: insert },
  { weight: 4, arbitrary: single },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), numbers }) },
  // many above all there are, or as many of the lowest ones: what a device does that keeps losing
  { weight: 2, arbitrary: fc.record({ do: fc.constant("append" as const), count }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("give up" as const), count }) },
);

const isIn = (number: number) => (range: Range) => range.first <= number && number <= range.last;

/** The time of the neighbour is that of its place between those that are known. */
const cutIn = (range: Range, at: number): Range[] => {
  const { first, last, timeBefore, timeAfter } = range;
  const timeOf = (number: number): number =>
    timeBefore === 0 || timeAfter === 0
      ? 0
      : Math.round(timeBefore + ((timeAfter - timeBefore) / (last - first + 2)) * (number - first + 1));
  return [
    { ...range, last: at - 1, timeAfter: timeOf(at) },
    { ...range, first: at, timeBefore: timeOf(at - 1) },
  ];
};

test("whatever is inserted, taken out, cut, closed and given up, the ranges are those of a plain list", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const gaps = new GapList();
      let model: Range[] = [];
      const add = (first: number, length: number, isOpen: boolean): void => {
        const [last, timeBefore] = [first + length, (first % 3) * 1000];
        const range = { first, last, isOpen, timeBefore, timeAfter: timeBefore * 5 };
        if (model.some((other) => other.first <= last && first <= other.last)) return;
        model = [...model, range].sort((a, b) => a.first - b.first);
        const state = isOpen ? GAP_STATE.WINDOW : GAP_STATE.LOST;
        gaps.insert(first, last, state, 0, 0, 0, timeBefore, range.timeAfter, 0);
      };
      for (const each of steps) {
        if (each.do === "insert") add(each.number, each.length, each.isOpen);
        else if (each.do === "append") {
          const above = Math.max(NUMBERS, model.at(-1)?.last ?? 0) + 2;
          for (let at = 0; at < each.count; at++) add(above + at * 4, at % 3, at % 2 === 0);
        } else if (each.do === "give up") {
          for (let left = each.count; left > 0 && gaps.count > 0; left--) gaps.remove(0);
          model = model.slice(each.count);
        } else if (each.do === "cut") {
          const numbers = each.numbers.toSorted((a, b) => a - b);
          const before = model.length;
          for (const at of numbers)
            model = model.flatMap((range) =>
              range.isOpen && range.first < at && at <= range.last ? cutIn(range, at) : [range],
            );
          expect(gaps.cutAt(numbers, (index) => gaps.isOpen(index))).toBe(model.length - before);
        } else {
          const at = model.findIndex(isIn(each.number));
          expect(gaps.find(each.number)).toBe(at);
          const range = model[at];
          if (range === undefined) continue;
          if (each.do === "close") {
            if (range.isOpen) gaps.close(at, 0);
            range.isOpen = false;
          } else if (each.do === "remove") {
            gaps.remove(at);
            model.splice(at, 1);
          } else {
            gaps.take(at, each.number, 77);
            const parts = [
              { ...range, last: each.number - 1, timeAfter: 77 },
              { ...range, first: each.number + 1, timeBefore: 77 },
            ];
            model.splice(at, 1, ...parts.filter(({ first, last }) => first <= last));
          }
        }
        const listed = Array.from({ length: gaps.count }, (_, index) => ({
          first: gaps.get(index, GAP.FIRST),
          last: gaps.get(index, GAP.LAST),
          isOpen: gaps.isOpen(index),
          timeBefore: gaps.get(index, GAP.TIME_BEFORE),
          timeAfter: gaps.get(index, GAP.TIME_AFTER),
        }));
        expect(listed).toEqual(model);
        const open = model.findIndex(({ isOpen }) => isOpen);
        expect(gaps.openCount).toBe(model.filter(({ isOpen }) => isOpen).length);
        expect(gaps.lowestOpen()).toBe(open < 0 ? model.length : open);
        for (const number of [0, NUMBERS / 2, NUMBERS, NUMBERS + 200]) {
          const reaching = model.findIndex(({ last }) => last >= number);
          expect(gaps.firstReaching(number)).toBe(reaching < 0 ? model.length : reaching);
        }
      }
    }),
    { numRuns: 400, interruptAfterTimeLimit: 3000 },
  );
});
