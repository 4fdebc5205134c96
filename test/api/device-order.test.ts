import fc from "fast-check";
import { expect, test } from "vitest";
import { DeviceOrder } from "../../api/device-order.ts";
import { FakeSources } from "../support/fake-sources.ts";

const allPages = (order: DeviceOrder, limit: number): string[] => {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page: ReturnType<DeviceOrder["page"]> = order.page(after, limit);
    ids.push(...page.ids);
    after = page.next;
  } while (after !== null);
  return ids;
};

test("pages of any size give all ids in order, whatever came and went before", () => {
  const step = fc.record({
    add: fc.array(fc.string()),
    remove: fc.array(fc.nat(20)),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const sources = new FakeSources();
      const order = new DeviceOrder(sources.ledger);
      for (const { add, remove, limit } of steps) {
        sources.add(...add.map((id) => ({ id })));
        for (const index of remove) {
          const id = [...sources.devices.keys()][index];
          if (id !== undefined) sources.remove(id);
        }
        expect(allPages(order, limit)).toEqual([...sources.devices.keys()].sort());
      }
    }),
    { numRuns: 200 },
  );
});

test("without devices the first page is the last", () => {
  expect(new DeviceOrder(new FakeSources().ledger).page(null, 10)).toEqual({ ids: [], next: null });
});
