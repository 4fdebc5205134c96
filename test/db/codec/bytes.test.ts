import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader } from "../../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { SegmentCorruptError } from "../../../db/codec/corrupt.ts";
import { packDigits, packedBits, unpackDigits } from "../../../db/codec/digits.ts";

test("variable-length integers are given back, to both ends of 53 bits", () => {
  const numbers = fc.oneof(
    fc.maxSafeNat(),
    fc.constantFrom(0, 63, 64, 127, 128, 8191, 8192, 2 ** 32, 2 ** 53),
  );
  fc.assert(
    fc.property(numbers, fc.boolean(), (magnitude, isNegative) => {
      const out = new ByteWriter(4);
      const signed = isNegative && magnitude > 0 ? -magnitude : magnitude;
      out.varint(magnitude);
      out.signedVarint(signed);
      const input = new ByteReader(out.written());
      expect([input.varint(), input.signedVarint(), input.remaining]).toEqual([magnitude, signed, 0]);
    }),
    { interruptAfterTimeLimit: 1000 },
  );
});

test("an integer of more than 53 bits is corrupt", () => {
  expect(() => new ByteReader(new Uint8Array(9).fill(0xff)).varint()).toThrow(SegmentCorruptError);
});

test("a byte reader never leaves its part of the bytes", () => {
  const input = new ByteReader(new Uint8Array(10), 2, 6);
  expect(input.u32()).toBe(0);
  expect(() => input.u8()).toThrow(SegmentCorruptError);
});

test("digits of any range are given back", () => {
  const ranges = fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.constant(2 ** 52),
  );
  fc.assert(
    fc.property(ranges, fc.integer({ min: 1, max: 200 }), fc.nat(), (range, count, seed) => {
      const values = Float64Array.from(
        { length: count },
        (_, index) => ((index + 1) * (seed + 7919)) % range,
      );
      const out = new ByteWriter(4);
      packDigits(out, values, 0, count, 0, range);
      expect(out.length).toBe(Math.ceil(packedBits(count, range) / 8));
      const into = new Float64Array(count);
      unpackDigits(new ByteReader(out.written().slice()), count, into, 0, 0, range);
      expect(into).toEqual(values);
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 2000 },
  );
});

test("digits in a range of ten take a third of a bit more than three", () => {
  expect(packedBits(1500, 10) / 1500).toBeCloseTo(10 / 3, 6);
});
