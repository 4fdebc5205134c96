import fc from "fast-check";
import { expect, test } from "vitest";
import { IdIndex } from "../../../db/view/id-index.ts";

test("whatever is set and deleted, it answers as a Map does", () => {
  const id = fc.oneof(
    fc.nat(60).map((number) => `device-${number}`),
    fc.string({ maxLength: 3, unit: "binary" }),
    fc.nat(5).map((number) => "long ".repeat(20) + number),
  );
  const step = fc.record({ id, slot: fc.nat(80), isSet: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const ids: string[] = [];
      const index = new IdIndex(ids);
      const model = new Map<string, number>();
      for (const { id, slot, isSet } of steps) {
        const own = ids[slot];
        if (own !== undefined) {
          // a slot is given up before it is used again
          index.delete(own, slot);
          if (model.get(own) === slot) model.delete(own);
          delete ids[slot];
        }
        if (!isSet) continue;
        ids[slot] = id;
        index.set(id, slot);
        model.set(id, slot);
      }
      expect(steps.map(({ id }) => index.get(id))).toEqual(steps.map(({ id }) => model.get(id) ?? -1));
    }),
    { interruptAfterTimeLimit: 1500 },
  );
});

test("it grows with the ids it is given; of many that share their places those that stay are found when others go", () => {
  const ids = Array.from({ length: 5000 }, (_, slot) => `pump-${slot}`);
  const index = new IdIndex(ids);
  for (const [slot, id] of ids.entries()) index.set(id, slot);
  expect(ids.map((id) => index.get(id))).toEqual(ids.map((_, slot) => slot));
  expect(index.get("nobody")).toBe(-1);
  const stays = (slot: number): boolean => slot % 3 === 0;
  for (const [slot, id] of ids.entries()) if (!stays(slot)) index.delete(id, slot);
  expect(ids.map((id) => index.get(id))).toEqual(ids.map((_, slot) => (stays(slot) ? slot : -1)));
});
