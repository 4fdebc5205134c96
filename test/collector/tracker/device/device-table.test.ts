import fc from "fast-check";
import { expect, test } from "vitest";
import { DeviceTable } from "../../../../collector/tracker/device/device-table.ts";

const CAPACITY = 3000;
const viewOf = (text: string): DataView => {
  const bytes = new TextEncoder().encode(text);
  return new DataView(bytes.buffer);
};

test("a table knows the ids that were added and not removed since, each in a slot of its own", () => {
  // more than there is room for at first: where places are few, ids lie beside each other's
  const steps = fc.array(fc.record({ id: fc.nat({ max: CAPACITY - 1 }), adds: fc.boolean() }), {
    minLength: 4000,
    maxLength: 8000,
    size: "max",
  });
  fc.assert(
    fc.property(steps, (each) => {
      const table = new DeviceTable(7, CAPACITY);
      const slots = new Map<number, number>();
      const views = Array.from({ length: CAPACITY }, (_, id) => viewOf(`device-${id}`));
      for (const { id, adds } of each) {
        const view = views[id]!;
        const known = slots.get(id);
        if (known === undefined && adds) slots.set(id, table.add(view, 0, view.byteLength, id + 1));
        if (known !== undefined && !adds) {
          table.remove(known);
          slots.delete(id);
        }
      }
      expect(table.count).toBe(slots.size);
      expect(new Set(slots.values()).size).toBe(slots.size);
      const found = views.map((view) => table.find(view, 0, view.byteLength));
      expect(found).toEqual(views.map((_, id) => slots.get(id) ?? -1));
    }),
    { numRuns: 5, seed: 20_261_123 },
  );
});
