import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader } from "../../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { SegmentCorruptError } from "../../../db/codec/corrupt.ts";
import { readFrame } from "../../../db/codec/frame.ts";
import { decodeIntegers } from "../../../db/codec/integers.ts";
import { decodeValues } from "../../../db/codec/values.ts";
import { type Encoded, encodedIntegers, encodedValues, ramp } from "../../support/columns.ts";
import { SERIES, seededDoubles, timesOf, valuesOf } from "../../support/series.ts";

const corruptOrFine = (decode: () => unknown): void => {
  try {
    decode();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SegmentCorruptError);
    expect(thrown).toHaveProperty("code", "ERR_SEGMENT_CORRUPT");
  }
};

const samples = (): Encoded[] => {
  const random = seededDoubles(9);
  const values = SERIES.map((series) => encodedValues(valuesOf(series, 200, random)));
  const spoilt = valuesOf("walk", 200, random);
  spoilt[7] = Number.NaN;
  spoilt[90] = Math.PI;
  return [...values, encodedValues(spoilt), encodedIntegers(timesOf(200, 9, 1000, random), 0, ramp(200))];
};

test("a column cut off anywhere is corrupt", () => {
  for (const { bytes, decode } of samples()) {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.slice(0, length))).toThrow(SegmentCorruptError);
    }
  }
});

test("a column with any one byte changed is read or corrupt, nothing else", () => {
  for (const { bytes, decode } of samples()) {
    for (let at = 0; at < Math.min(bytes.length, 60); at++) {
      for (const flip of [0x01, 0x08, 0x10, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = damaged[at]! ^ flip;
        corruptOrFine(() => decode(damaged));
      }
    }
  }
});

test("an exception behind the last value of its frame is corrupt", () => {
  const withExceptionAt = (place: number): Float64Array => {
    const out = new ByteWriter();
    out.signedVarint(7);
    // a range of one, patched
    for (const number of [1, 1, place]) out.varint(number);
    out.signedVarint(-9);
    const into = new Float64Array(4);
    readFrame(new ByteReader(out.written()), 3, into, 0);
    return into;
  };
  expect(withExceptionAt(2)).toEqual(Float64Array.of(7, 7, -9, 0));
  expect(() => withExceptionAt(3)).toThrow(SegmentCorruptError);
});

test("a column of fixed point with an exponent that no float has is corrupt", () => {
  const withExponent = (exponent: number): number => {
    const out = new ByteWriter();
    // kind: fixed point
    out.u8(3);
    out.f64(0);
    out.signedVarint(exponent);
    // the only integer
    out.signedVarint(1);
    const into = new Float64Array(1);
    decodeValues(new ByteReader(out.written()), 1, into, 0);
    return into[0]!;
  };
  expect([withExponent(-1074), withExponent(1023)]).toEqual([Number.MIN_VALUE, 2 ** 1023]);
  for (const exponent of [-1075, 1024]) expect(() => withExponent(exponent)).toThrow(SegmentCorruptError);
});

test("arbitrary bytes are read or corrupt, nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 300 }), (bytes, count) => {
      const into = new Float64Array(count);
      corruptOrFine(() => decodeIntegers(new ByteReader(bytes), count, into, 0, 0, ramp(count)));
      corruptOrFine(() => decodeValues(new ByteReader(bytes), count, into, 0));
    }),
    { numRuns: 3000, interruptAfterTimeLimit: 3000 },
  );
});
