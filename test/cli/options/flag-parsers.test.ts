import { expect, test } from "vitest";
import { httpUrl, oneMoreReading, targetUrl, wholeNumber } from "../../../cli/options/flag-parsers.ts";

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

test("a target is taken as it is, a wrong one refused with all that is wrong", () => {
  expect(targetUrl("udp://127.0.0.1:4747")).toBe("udp://127.0.0.1:4747");
  expect(() => targetUrl("127.0.0.1")).toThrow();
});

test("readings given by hand add up, a name may have an equals sign", () => {
  const first = oneMoreReading("temperature=-21.5");
  expect(oneMoreReading("a=b=0x10", first)).toEqual([
    { channel: "temperature", value: -21.5 },
    { channel: "a=b", value: 16 },
  ]);
});

test.each(["temperature", "=1", "temperature=", "temperature= ", "temperature=hot"])(
  "%j is no reading",
  (text) => {
    expect(() => oneMoreReading(text)).toThrow("accepted is NAME=NUMBER");
  },
);
