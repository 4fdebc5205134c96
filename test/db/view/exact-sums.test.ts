import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactSums } from "../../../db/view/exact-sums.ts";

test("sums are exact past 2^53 and back", () => {
  const most = Number.MAX_SAFE_INTEGER;
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 50 }), (deltas) => {
      const sums = new ExactSums(1);
      let expected = 0n;
      for (const delta of deltas) {
        sums.add(0, delta);
        expected += BigInt(delta);
      }
      expect(sums.big(0)).toBe(expected);
    }),
  );
  const sums = new ExactSums(2);
  for (const delta of [most, most, most]) sums.add(1, delta);
  expect(sums.get(1)).toBe(3n * BigInt(most));
  for (const delta of [-most, -most]) sums.add(1, delta);
  expect(sums.get(1)).toBe(most);
});
