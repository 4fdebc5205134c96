import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { filteredInTurns, sortedInTurns } from "../../../api/fleet/in-turns.ts";

const items = fc
  .array(fc.nat(9), { maxLength: 60 })
  .map((keys) => keys.map((key, place) => ({ key, place })));
const byKey = (one: { key: number }, other: { key: number }): number => one.key - other.key;

test("what is filtered and sorted in turns is what it would be at once, equal ones as they were", async () => {
  await fc.assert(
    fc.asyncProperty(items, fc.integer({ min: 1, max: 20 }), fc.nat(9), async (list, atOnce, least) => {
      const passes = ({ key }: { key: number }): boolean => key >= least;
      expect(await filteredInTurns(list, passes, atOnce)).toEqual(list.filter(passes));
      expect(await sortedInTurns(list, byKey, atOnce)).toEqual(list.toSorted(byKey));
    }),
    { numRuns: 200 },
  );
});

test("others have their turn in between", async () => {
  const list = Array.from({ length: 1600 }, (_, place) => ({ key: (place * 7919) % 1600, place }));
  let [steps, before, most, isDone] = [0, 0, 0, false];
  const others = async (): Promise<void> => {
    while (!isDone) {
      most = Math.max(most, steps - before);
      before = steps;
      await nextTurn();
    }
  };
  const working = async (): Promise<void> => {
    await filteredInTurns(list, () => ++steps > 0, 100);
    await sortedInTurns(
      list,
      (one, other) => {
        steps++;
        return byKey(one, other);
      },
      100,
    );
    isDone = true;
  };
  await Promise.all([working(), others()]);
  // it takes 15,000 of them; a hundred are sorted with some 700
  expect(most).toBeLessThan(1500);
});
