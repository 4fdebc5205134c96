import fc from "fast-check";
import { expect, test } from "vitest";
import { WaitingSlots } from "../../../db/tables/waiting-slots.ts";

test("whatever begins to wait and stops, the order is that of a Map", () => {
  const step = fc.record({ slot: fc.nat(12), waits: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const waiting = new WaitingSlots();
      const model = new Map<number, number>();
      for (const [at, { slot, waits }] of steps.entries()) {
        if (!waits) {
          waiting.delete(slot);
          model.delete(slot);
        } else {
          waiting.add(slot, at + 1);
          if (!model.has(slot)) model.set(slot, at + 1);
        }
        const listed: [number, number][] = [];
        for (let each = waiting.first; each >= 0; each = waiting.after(each)) {
          listed.push([each, waiting.since(each)]);
        }
        expect(listed).toEqual([...model]);
        expect(waiting.size).toBe(model.size);
      }
    }),
    { interruptAfterTimeLimit: 1500 },
  );
});

test("a slot that is not known cannot stop to wait", () => {
  const waiting = new WaitingSlots();
  waiting.delete(-1);
  waiting.delete(5);
  expect(waiting.size).toBe(0);
});
