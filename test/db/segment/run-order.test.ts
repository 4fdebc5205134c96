import fc from "fast-check";
import { expect, test } from "vitest";
import { orderByRun, orderBySequence } from "../../../db/segment/run-order.ts";

const indicesOf = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("datagrams of any runs are ordered by run, those of one run as they came", () => {
  const runs = fc.oneof(
    fc.array(fc.nat(3), { maxLength: 60 }),
    fc.array(fc.integer({ min: 5_000_000, max: 5_003_000 }), { maxLength: 60 }),
    fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 60 }),
    fc.array(fc.constantFrom(0, 1, 2 ** 11, 2 ** 22, 2 ** 31, 3 * 2 ** 30, 0xffff_ffff), { maxLength: 60 }),
  );
  fc.assert(
    fc.property(runs, (drawn) => {
      const count = drawn.length;
      // memory that is used again: behind what is there lies what was before
      const [all, order, spare] = [
        Uint32Array.from([...drawn, 7]),
        new Uint32Array(count + 1),
        new Uint32Array(count + 1),
      ];
      const sorted = orderByRun(all, count, order, spare).slice(0, count);
      expect([...sorted]).toEqual(indicesOf(count).sort((a, b) => drawn[a]! - drawn[b]! || a - b));
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000 },
  );
});

test("the datagrams of a run are ordered by number, however they came, and those around them stay", () => {
  const numbers = fc.uniqueArray(fc.oneof(fc.nat(500), fc.maxSafeNat()), { maxLength: 100 });
  fc.assert(
    fc.property(numbers, fc.nat(), fc.nat(), (drawn, begin, end) => {
      const count = drawn.length;
      const from = begin % (count + 1);
      const to = from + (end % (count - from + 1));
      const order = Uint32Array.from(indicesOf(count));
      orderBySequence(order, from, to, Float64Array.from(drawn));
      const indices = indicesOf(count);
      const own = indices.slice(from, to).sort((a, b) => drawn[a]! - drawn[b]!);
      expect([...order]).toEqual([...indices.slice(0, from), ...own, ...indices.slice(to)]);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000 },
  );
});
