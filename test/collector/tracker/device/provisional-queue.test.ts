import fc from "fast-check";
import { expect, test } from "vitest";
import { ProvisionalQueue } from "../../../../collector/tracker/device/provisional-queue.ts";

test("the oldest of those that are left is told, whichever leave, and slots are used again", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (slots) => {
      const queue = new ProvisionalQueue(10);
      const naive: number[] = [];
      for (const slot of slots) {
        const at = naive.indexOf(slot);
        if (at < 0) {
          queue.push(slot);
          naive.push(slot);
        } else {
          queue.remove(slot);
          naive.splice(at, 1);
        }
        expect([queue.count, queue.oldest]).toEqual([naive.length, naive[0] ?? -1]);
      }
    }),
  );
});
