import { expect, test } from "vitest";
import { wholeNumber } from "../../cli/flag-parsers.ts";

test("a whole number is read between its bounds, both included", () => {
  const parse = wholeNumber(10, 1);
  expect(["1", "10"].map(parse)).toEqual([1, 10]);
});

test.each(["0", "11", "-1", "1.5", "", "x", "1e0"])("%j is refused with what is accepted", (text) => {
  expect(() => wholeNumber(10, 1)(text)).toThrow("accepted is a whole number from 1 to 10");
});
