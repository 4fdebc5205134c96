import { expect, test } from "vitest";
import { httpUrl, wholeNumber } from "../../cli/flag-parsers.ts";

test("a whole number is read between its bounds, both included", () => {
  const parse = wholeNumber(10, 1);
  expect(["1", "10"].map(parse)).toEqual([1, 10]);
});

test.each(["0", "11", "-1", "1.5", "", "x", "1e0"])("%j is refused with what is accepted", (text) => {
  expect(() => wholeNumber(10, 1)(text)).toThrow("accepted is a whole number from 1 to 10");
});

test.each([
  "127.0.0.1:8047",
  "http://",
  "http://user:secret@127.0.0.1:8047",
  "http://127.0.0.1:8047/?a=1",
  "http://127.0.0.1:8047#a",
])("%s is no base URL of an API", (text) => {
  expect(() => httpUrl(text)).toThrow(/accepted is a URL such as/);
});

test("a base URL may have a path", () => {
  expect(httpUrl("https://example.org/lacuna/")).toBe("https://example.org/lacuna/");
});
