import { expect, test } from "vitest";
import { firstPassing } from "../../common/first-passing.ts";

test("the first number that passes is found wherever it lies, without asking of any outside", () => {
  for (let end = 3; end <= 12; end++)
    for (let first = 3; first <= end; first++) {
      const asked: number[] = [];
      const found = firstPassing(3, end, (number) => {
        asked.push(number);
        return number >= first;
      });
      expect(found).toBe(first);
      expect(asked.every((number) => number >= 3 && number < end)).toBe(true);
    }
});

test("spans of numbers beyond 32 bits are halved exactly", () => {
  const first = 2 ** 53 - 7;
  expect(firstPassing(0, 2 ** 53 - 1, (number) => number >= first)).toBe(first);
  expect(firstPassing(2 ** 53 - 9, 2 ** 53 - 1, (number) => number >= first)).toBe(first);
});
