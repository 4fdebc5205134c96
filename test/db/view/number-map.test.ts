import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberMap } from "../../../db/view/number-map.ts";

test("whatever is set and deleted, it answers as a Map does", () => {
  // few keys, multiples of a power of two: long runs of collisions
  const key = fc.oneof(
    fc.nat(40),
    fc.nat(40).map((number) => number * 2 ** 24),
    fc.constant(2 ** 32 - 1),
  );
  const step = fc.record({ key, slot: fc.option(fc.nat(1000)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(100), (steps, expected) => {
      const map = new NumberMap(expected);
      const model = new Map<number, number>();
      for (const each of steps) {
        if (each.slot === null) {
          map.delete(each.key);
          model.delete(each.key);
        } else {
          map.set(each.key, each.slot);
          model.set(each.key, each.slot);
        }
        expect(map.size).toBe(model.size);
      }
      for (const { key } of steps) expect(map.get(key)).toBe(model.get(key) ?? -1);
      expect([...map.values()].sort()).toEqual([...model.values()].sort());
      const keys = new Float64Array(map.size);
      map.keysInto(keys);
      expect([...keys].sort()).toEqual([...model.keys()].sort());
    }),
  );
});
