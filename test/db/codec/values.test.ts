import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader } from "../../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { decodeValues, encodeValues } from "../../../db/codec/values.ts";
import { bitsOf, encodedValues } from "../../support/columns.ts";
import { seededDoubles, valuesOf } from "../../support/series.ts";

/** Numbers that hurt: signs of zero, the ends of the ranges, halves of powers of two, decimals that are not. */
const EDGES = [
  0,
  -0,
  1,
  -1,
  Number.NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** -1022,
  2 ** 53,
  -(2 ** 53),
  2 ** 52,
  2 ** 53 - 1,
  0.1,
  0.1 + 0.2,
  21.37,
  1e15,
  1e-15,
  1e22,
  2 ** 51 + 0.5,
  Math.fround(21.37),
  Math.fround(1e-40),
  2 ** 31,
  -(2 ** 31),
  4294967295,
  Math.PI,
];

const edge = fc.constantFrom(...EDGES);
const decimal = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 6 }))
  .map(([integer, digits]) => integer / 10 ** digits);
const columns = fc.oneof(
  fc.array(edge, { maxLength: 40 }),
  fc.array(decimal, { maxLength: 300 }),
  fc.array(fc.oneof({ weight: 9, arbitrary: decimal }, { weight: 1, arbitrary: edge }), { maxLength: 300 }),
  fc.array(fc.double(), { maxLength: 300 }),
  fc.array(fc.float(), { maxLength: 300 }),
  fc.array(fc.double({ min: 10, max: 30 }), { maxLength: 300 }),
  fc.array(fc.maxSafeInteger(), { maxLength: 300 }),
  fc.array(fc.boolean().map(Number), { maxLength: 300 }),
);

test("any column of floats is given back bit for bit", () => {
  fc.assert(
    fc.property(columns, (values) => {
      const column = Float64Array.from(values);
      expect(bitsOf(encodedValues(column).decode())).toEqual(bitsOf(column));
    }),
    { numRuns: 1500, interruptAfterTimeLimit: 3000 },
  );
});

test("a part of a column is written as it is alone, and read to where it belongs, with nothing around it changed", () => {
  const around = fc.array(edge, { maxLength: 5 });
  fc.assert(
    fc.property(around, columns, around, (before, values, after) => {
      const out = new ByteWriter();
      const [from, to] = [before.length, before.length + values.length];
      encodeValues(out, Float64Array.from([...before, ...values, ...after]), from, to);
      expect(out.written()).toEqual(encodedValues(Float64Array.from(values)).bytes);
      const into = Float64Array.from([...before, ...values.map(() => 77), ...after]);
      const input = new ByteReader(out.written());
      decodeValues(input, values.length, into, from);
      expect(bitsOf(into)).toEqual(bitsOf(Float64Array.from([...before, ...values, ...after])));
      expect(input.remaining).toBe(0);
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 2000 },
  );
});

test("floats of one size are given back bit for bit, with zeros of both signs, NaN and infinities among them", () => {
  const random = seededDoubles(11);
  const column = Float64Array.from({ length: 200 }, () => Math.floor(random() * 2 ** 40) / 2 ** 40);
  for (const [index, value] of [-0, 0, Number.NaN, Infinity, -Infinity].entries()) column[20 * index] = value;
  const { bytes, decode } = encodedValues(column);
  // kind: fixed point, with specials
  expect(bytes[0]).toBe(0b1011);
  expect(bitsOf(decode())).toEqual(bitsOf(column));
});

test("any bits are given back where the engine keeps them, payloads of NaN included", () => {
  const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 100 }), (words) => {
      const column = new Float64Array(BigUint64Array.from(words).buffer);
      expect(bitsOf(encodedValues(column).decode())).toEqual(bitsOf(column));
    }),
    { numRuns: 300, interruptAfterTimeLimit: 2000 },
  );
});

test("every edge value alone is given back bit for bit", () => {
  for (const value of EDGES) {
    const column = Float64Array.of(value);
    expect(bitsOf(encodedValues(column).decode())).toEqual(bitsOf(column));
  }
});

/** Differences of such numbers are exact up to 2^53 times the lowest bit, and no further. */
test("numbers of which some are about 2^53 times as great as the lowest bit of others are given back bit for bit", () => {
  const spread = fc.record({
    exponent: fc.integer({ min: -1074, max: 900 }),
    low: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 }),
    high: fc.array(fc.tuple(fc.integer({ min: 51, max: 55 }), fc.maxSafeNat(), fc.boolean()), {
      minLength: 1,
      maxLength: 20,
    }),
  });
  fc.assert(
    fc.property(spread, ({ exponent, low, high }) => {
      const column = Float64Array.from([
        ...low.map((number) => (2 * number + 1) * 2 ** exponent),
        ...high.map(([bits, mantissa, isNegative]) => {
          const value = (2 ** 53 + mantissa) * 2 ** (bits - 53) * 2 ** exponent;
          return isNegative ? -value : value;
        }),
      ]);
      expect(bitsOf(encodedValues(column).decode())).toEqual(bitsOf(column));
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 2000 },
  );
});

test("an empty column takes no byte", () => {
  expect(encodedValues(new Float64Array(0)).bytes).toHaveLength(0);
});

test("a constant column of 1,000 values takes at most 20 bytes, whatever the value", () => {
  for (const value of [...EDGES, 1 / 3]) {
    const column = new Float64Array(1000).fill(value);
    const encoded = encodedValues(column);
    expect(bitsOf(encoded.decode())).toEqual(bitsOf(column));
    expect(encoded.bytes.length, String(value)).toBeLessThanOrEqual(20);
  }
});

test("one NaN, one infinity and one -0 in 1,000 decimals cost less than 20 bytes each", () => {
  const plain = valuesOf("walk", 1000, seededDoubles(1));
  const spoilt = plain.slice();
  spoilt[100] = Number.NaN;
  spoilt[500] = -Infinity;
  spoilt[900] = -0;
  const encoded = encodedValues(spoilt);
  expect(bitsOf(encoded.decode())).toEqual(bitsOf(spoilt));
  expect(encoded.bytes.length - encodedValues(plain).bytes.length).toBeLessThan(60);
});

test("decimals sent as float32 cost what decimals cost", () => {
  const walk = valuesOf("walk", 1000, seededDoubles(2));
  const rounded = walk.map(Math.fround);
  const encoded = encodedValues(rounded);
  expect(bitsOf(encoded.decode())).toEqual(bitsOf(rounded));
  expect(encoded.bytes.length).toBeLessThanOrEqual(encodedValues(walk).bytes.length + 8);
});

test("booleans take at most one bit each, and next to nothing when they seldom change", () => {
  const random = seededDoubles(3);
  const noisy = Float64Array.from({ length: 1000 }, () => Math.round(random()));
  const steady = Float64Array.from({ length: 1000 }, (_, index) => (index > 300 && index < 700 ? 1 : 0));
  expect(encodedValues(noisy).bytes.length).toBeLessThanOrEqual(125 + 8);
  expect(encodedValues(steady).bytes.length).toBeLessThanOrEqual(16);
});

test("steps of 1/16 cost as little as steps of 1", () => {
  const random = seededDoubles(4);
  const steps = Float64Array.from({ length: 1000 }, () => Math.floor(random() * 50));
  const sixteenths = steps.map((step) => 20 + step / 16);
  expect(encodedValues(sixteenths).bytes.length).toBeLessThanOrEqual(encodedValues(steps).bytes.length + 8);
});
