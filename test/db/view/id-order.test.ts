import fc from "fast-check";
import { expect, test } from "vitest";
import { IdOrder } from "../../../db/view/id-order.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { LedgerView } from "../../../db/view/ledger-view.ts";

const pagesOf = (view: LedgerView, limit: number): string[] => {
  const all: string[] = [];
  for (let page = view.idsAfter(null, limit); page.length > 0; page = view.idsAfter(all.at(-1)!, limit))
    all.push(...page);
  return all;
};

const inVisits = (view: LedgerView, limit?: number): string[] => {
  const ids: string[] = [];
  let after: string | null = null;
  do after = view.visitDevices(({ id }) => ids.push(id), after, limit);
  while (after !== null);
  return ids;
};

test("pages, and visits, of any size give all ids in order, whatever came and went before", () => {
  const step = fc.record({
    add: fc.uniqueArray(fc.string({ maxLength: 3 })),
    remove: fc.array(fc.nat(20)),
    limit: fc.integer({ min: 1, max: 5 }),
    isAsked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.nat(3), (steps, askedFrom) => {
      const state = new LedgerState();
      const devices = new Map<string, number>();
      let lastDevice = 0;
      let view: LedgerView | undefined;
      for (const [index, { add, remove, limit, isAsked }] of steps.entries()) {
        if (index === askedFrom) view = new LedgerView(state);
        for (const at of remove) {
          const id = [...devices.keys()][at];
          if (id === undefined) continue;
          state.forget(devices.get(id)!, true);
          devices.delete(id);
        }
        for (const id of add.filter((each) => !devices.has(each))) {
          state.addDevice(++lastDevice, id, 1);
          devices.set(id, lastDevice);
        }
        const expected = [...devices.keys()].sort();
        if (view === undefined || !isAsked) continue;
        expect(pagesOf(view, limit)).toEqual(expected);
        expect([inVisits(view), inVisits(view, limit)]).toEqual([expected, expected]);
      }
    }),
    { numRuns: 200 },
  );
});

test("a device that comes back under a new number before its former one goes is there once", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  state.addDevice(2, "fan", 1);
  const view = new LedgerView(state);
  state.addDevice(3, "pump", 2);
  state.forget(1, true);
  expect(view.idsAfter(null, 10)).toEqual(["fan", "pump"]);
  expect(view.idsAfter("gone", 10)).toEqual(["pump"]);
});

test("one device more among many, or one less, is put in its place by few looks at others", () => {
  const ids = Array.from({ length: 10_000 }, (_, slot) => `device ${slot}`);
  let looks = 0;
  const seen = new Proxy(ids, {
    get: (target, slot) => {
      looks++;
      return Reflect.get(target, slot);
    },
  });
  const order = new IdOrder(seen, ids.keys());
  looks = 0;
  ids.push("device 5000b");
  order.came(10_000);
  order.gone(4000);
  const at = order.after("device 5000");
  expect([order.slots.length, order.slots[at]]).toEqual([10_000, 10_000]);
  expect(looks).toBeLessThan(40);
});
