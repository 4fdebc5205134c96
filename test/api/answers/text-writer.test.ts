import fc from "fast-check";
import { expect, test } from "vitest";
import { valueJson } from "../../../api/answers/json-values.ts";
import { TextWriter } from "../../../api/answers/text-writer.ts";
import { formatTime } from "../../../protocol/time.ts";

const textOf = (writer: TextWriter): string => Buffer.from(writer.end()).toString();

const values = fc.oneof(
  fc.double(),
  fc.boolean(),
  fc.integer(),
  fc
    .tuple(fc.oneof(fc.maxSafeInteger(), fc.integer()), fc.integer({ min: 1, max: 8 }))
    .map(([number, decimals]) => number / 10 ** decimals),
  // about where 15 digits end
  fc.integer({ min: -50, max: 50 }).map((near) => (10 ** 15 + near) / 10 ** 6),
);

test("values are written as valueJson has them", () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 50 }), (list) => {
      const writer = new TextWriter();
      for (const value of list) writer.value(value).ascii(",");
      expect(textOf(writer)).toBe(list.map((value) => `${valueJson(value)},`).join(""));
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000 },
  );
});

test("integers are written as String has them", () => {
  const writer = new TextWriter();
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -9, max: 9 })), (number) => {
      writer.integer(number);
      expect(textOf(writer)).toBe(String(number));
    }),
    { interruptAfterTimeLimit: 2000 },
  );
});

test("times are written as formatTime has them, whatever the day of the one before", () => {
  const times = fc.oneof(
    fc.integer({ min: -62_000_000_000_000_000, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 0, max: 200_000_000_000 }),
  );
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 5 }), (list) => {
      const writer = new TextWriter();
      for (const timeUs of list) writer.time(timeUs);
      expect(textOf(writer)).toBe(list.map(formatTime).join(""));
    }),
    { interruptAfterTimeLimit: 2000 },
  );
});

test("text beyond ASCII is UTF-8, and a text that was not ended is forgotten", () => {
  const writer = new TextWriter();
  writer.ascii("half an answer");
  writer.begin().text("Füllstand °C ".repeat(5000)).bytes(Buffer.from("…"));
  expect(textOf(writer)).toBe(`${"Füllstand °C ".repeat(5000)}…`);
});
