import fc from "fast-check";
import { expect, test } from "vitest";
import { append, intersect, normalise, type Range, sizeOf, subtract, union } from "../../protocol/ranges.ts";

const ranges = fc
  .array(fc.tuple(fc.nat(60), fc.nat(8)).map(([first, length]): Range => [first, first + length - 1]))
  .map(normalise);
const setOf = (of: readonly Range[]): Set<number> =>
  new Set(of.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n)));

test("set operations on ranges do what they do on sets", () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [inA, inB] = [setOf(a), setOf(b)];
      expect(setOf(union(a, b))).toEqual(new Set([...inA, ...inB]));
      expect(setOf(intersect(a, b))).toEqual(new Set([...inA].filter((n) => inB.has(n))));
      expect(setOf(subtract(a, b))).toEqual(new Set([...inA].filter((n) => !inB.has(n))));
      expect(sizeOf(a)).toBe(inA.size);
    }),
    { numRuns: 500 },
  );
});

test("ranges that touch become one", () => {
  expect(
    normalise([
      [5, 6],
      [0, 1],
      [2, 4],
    ]),
  ).toEqual([[0, 6]]);
});

test("an appended number extends the last range or begins one", () => {
  const list: [number, number][] = [];
  for (const number of [1, 2, 5]) append(list, number);
  expect(list).toEqual([
    [1, 2],
    [5, 5],
  ]);
});
