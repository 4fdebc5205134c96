import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isChannelName, isCleanText, isCleanUtf8, isPlainAscii, isUnit } from "../../protocol/text.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The rule by the platform's own decoder. */
const modelIsClean = (bytes: Uint8Array): boolean => {
  try {
    return !/\p{Cc}/u.test(strict.decode(bytes));
  } catch {
    return false;
  }
};

test("any two bytes are judged as the platform's decoder judges them", () => {
  for (let pair = 0; pair < 0x10000; pair++) {
    const bytes = Uint8Array.of(pair >> 8, pair & 0xff);
    if (isCleanUtf8(bytes, 0, 2) !== modelIsClean(bytes)) expect.unreachable(`pair ${pair.toString(16)}`);
  }
});

test("longer sequences are judged as the platform's decoder judges them", () => {
  const edge = fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(edge, { maxLength: 6 }), fc.string({ unit: "binary" })), (input) => {
      const bytes = typeof input === "string" ? Buffer.from(input) : Uint8Array.from(input);
      expect(isCleanUtf8(bytes, 0, bytes.length)).toBe(modelIsClean(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test("only the bytes of the range are looked at", () => {
  const bytes = Uint8Array.of(0xff, 0x41, 0xc3, 0xbc, 0xff);
  expect(isCleanUtf8(bytes, 1, 4)).toBe(true);
  expect(isCleanUtf8(bytes, 1, 3)).toBe(false);
});

test("strings obey the same rule as their bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const bytes = Buffer.from(text);
      expect(isCleanText(text)).toBe(text.isWellFormed() && isCleanUtf8(bytes, 0, bytes.length));
    }),
    { numRuns: 2000 },
  );
});

test("a channel's name has 1 to 255 bytes and no control character", () => {
  expect(["t", "Öldruck", "ü".repeat(127), "x".repeat(255)].every(isChannelName)).toBe(true);
  expect(["", "ü".repeat(128), "x".repeat(256), "a\u0085b", "a\u0000", "\ud800"].some(isChannelName)).toBe(
    false,
  );
});

test("a unit may be empty", () => {
  expect(isUnit("")).toBe(true);
  expect(isUnit("m/s")).toBe(true);
  expect(isUnit("\u007f")).toBe(false);
});

test("plain ASCII is what every byte of is printable, wherever it lies", () => {
  const byte = fc.oneof(
    fc.integer({ min: 0x1e, max: 0x81 }),
    fc.constantFrom(0x00, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xff),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 12 }), fc.nat(3), (numbers, before) => {
      const bytes = Uint8Array.from([...new Array(before).fill(0), ...numbers, 0]);
      const isPlain = numbers.every((number) => number >= 0x20 && number < 0x7f);
      const view = new DataView(bytes.buffer);
      expect(isPlainAscii(view, before, before + numbers.length)).toBe(isPlain);
    }),
  );
});
