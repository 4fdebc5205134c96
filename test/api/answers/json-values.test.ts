import fc from "fast-check";
import { expect, test } from "vitest";
import { type KeyCache, MOST_KEYS, valueJson, valuesJson } from "../../../api/answers/json-values.ts";

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((thousandths) => thousandths / 1000),
  fc
    .integer({ min: -(10 ** 9), max: 10 ** 9 })
    .map((hundredths) => (hundredths / 100) * (1 + Number.EPSILON)),
  fc.maxSafeInteger().map((number) => number / 1000),
);

test("a finite value is written with its shortest exact digits", () => {
  fc.assert(
    fc.property(finite, (value) => {
      fc.pre(!Object.is(value, -0));
      expect(valueJson(value)).toBe(String(value));
    }),
    { numRuns: 3000, interruptAfterTimeLimit: 2000 },
  );
});

test.each([
  [-0, "-0"],
  [Number.NaN, '"NaN"'],
  [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  [1e21, "1e+21"],
  [0.001, "0.001"],
  [-0.05, "-0.05"],
  [1e12 - 0.001, "999999999999.999"],
])("%d is written as %s", (value, text) => {
  expect(valueJson(value)).toBe(text);
});

test("names that senders make up are not remembered without a bound, and each is written as it is", () => {
  const keys: KeyCache = new Map();
  for (let number = 0; number < 2.5 * MOST_KEYS; number++) {
    expect(valuesJson([`n${number}`, "same"], [number, true], keys)).toBe(
      `{"n${number}":${number},"same":true}`,
    );
    expect(keys.size).toBeLessThanOrEqual(MOST_KEYS);
  }
});
