import fc from "fast-check";
import { expect, test } from "vitest";
import { DecimalWriter } from "../../../db/codec/decimal-writer.ts";

const written = (values: readonly number[]): string => {
  const writer = new DecimalWriter();
  writer.reset(18 * values.length);
  for (const value of values) {
    writer.integer(value);
    writer.character(0x2c);
  }
  return writer.toString();
};

const joined = (values: readonly number[]): string => values.map((value) => `${value},`).join("");

test("every power of ten and of two, and their neighbours, of both signs, are written digit by digit", () => {
  const powers = [
    ...Array.from({ length: 16 }, (_, exponent) => 10 ** exponent),
    ...Array.from({ length: 53 }, (_, exponent) => 2 ** exponent),
  ];
  const values = powers.flatMap((power) => [power - 1, power, power + 1]).concat(2 ** 53);
  expect(written(values)).toBe(joined(values));
  const negative = values.filter((value) => value > 0).map((value) => -value);
  expect(written(negative)).toBe(joined(negative));
});

test("any integer is written as a number's own text has it", () => {
  const integer = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -1000, max: 1000 }));
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 400 }), (values) => {
      expect(written(values)).toBe(joined(values));
    }),
    { numRuns: 300, interruptAfterTimeLimit: 1000 },
  );
});

test("null is written between numbers, and a reset begins anew", () => {
  const writer = new DecimalWriter();
  writer.reset(100);
  writer.integer(12);
  writer.null();
  writer.integer(-3);
  expect(writer.toString()).toBe("12null-3");
  writer.reset(1);
  writer.integer(5);
  expect(writer.toString()).toBe("5");
});
