import fc from "fast-check";
import { expect, test } from "vitest";
import { bitsOf, encodedIntegers, encodedValues, ramp } from "../../support/columns.ts";
import { integerHead, integers, valueHead, values } from "../../support/naive-format/columns.ts";
import { StoredBytes } from "../../support/naive-format/stored-bytes.ts";
import { seededDoubles } from "../../support/series.ts";

/**
 * What encoder and decoder change alike every round trip takes, and no database that lies there: here columns are read by what
 * docs/storage.md says of them.
 */
const START_US = 1_795_000_000_000_000;

/** The head byte of a column that reads as its values. */
const readIntegers = (column: Float64Array, origin = 0, along: Float64Array | null = null): number => {
  const { bytes } = encodedIntegers(column, origin, along);
  const input = new StoredBytes(bytes);
  expect(integers(input, column.length, origin, [...(along ?? [])])).toEqual([...column]);
  expect(input.isAtEnd).toBe(true);
  return column.length < 2 ? 0 : bytes[0]!;
};

const readValues = (column: Float64Array): number => {
  const { bytes } = encodedValues(column);
  const input = new StoredBytes(bytes);
  expect(bitsOf(Float64Array.from(values(input, column.length)))).toEqual(bitsOf(column));
  expect(input.isAtEnd).toBe(true);
  return bytes[0] ?? 0;
};

const drawn = (count: number, seed: number, draw: (random: () => number, index: number) => number) => {
  const random = seededDoubles(seed);
  return Float64Array.from({ length: count }, (_, index) => draw(random, index));
};

test("an integer column of every transform, in one frame and in many, with a divisor and without, reads as documented", () => {
  const within = (random: () => number, spread: number): number => Math.floor(random() * spread);
  const numbers = ramp(1000);
  const lossy = ramp(2000).filter((number) => number % 7 !== 3);
  /** quiet at first, wild later */
  const uneven = drawn(1000, 1, (random, index) => within(random, index < 500 ? 3 : 1e6));
  const centred = uneven.map((value, index) => (index < 500 ? 500_000 + value : value));
  const walk = (steps: Float64Array): Float64Array => {
    let sum = START_US;
    return steps.map((step) => (sum += step));
  };
  const times = (unitUs: number, spread: number): Float64Array =>
    drawn(1000, 2, (random, index) => START_US + index * 1_000_000 + unitUs * within(random, spread));
  const columns: [Float64Array, number?, Float64Array?][] = [
    [drawn(100, 3, (random) => within(random, 10))],
    [drawn(100, 4, (random) => 12 + 1000 * within(random, 900))],
    [uneven],
    [uneven.map((value) => value * 4096)],
    [centred],
    [centred.map((value) => value * 4096)],
    [walk(drawn(300, 5, (random) => 1000 + within(random, 37)))],
    [walk(drawn(300, 6, (random) => 50_000 * within(random, 37)))],
    [walk(uneven)],
    [walk(uneven.map((value) => value * 4096))],
    [walk(walk(drawn(300, 7, (random) => within(random, 5))).map((value) => value - START_US))],
    [walk(walk(drawn(300, 7, (random) => 1000 * within(random, 5))).map((value) => value - START_US))],
    [walk(walk(uneven).map((value) => value - START_US))],
    [walk(walk(uneven.map((value) => value * 4096)).map((value) => value - START_US))],
    [times(1, 5000), START_US, numbers],
    [times(1000, 10), START_US, numbers],
    [numbers.map((number) => START_US + Math.round(number * 1_000_037.4) + (number % 11)), 0, numbers],
    [numbers.map((number) => START_US - Math.round(number * 1_000_037.4) - (number % 11)), 0, numbers],
    [times(1, 5000).map((time, at) => time + uneven[at]!), START_US, numbers],
    [times(1, 5000).map((time, at) => 4096 * (time - START_US + uneven[at]!)), 0, numbers],
    [lossy.map((number) => START_US - number * 1_000_000 + (number % 5)), START_US, lossy],
    [drawn(500, 8, (random) => within(random, 2 ** 53))],
    // outliers
    [times(1000, 10).map((time, at) => (at % 97 === 5 ? time - 86_400_000_000 : time)), START_US, numbers],
    [Float64Array.of(2 ** 53 - 1, 0), 0],
    [Float64Array.of(START_US + 5), START_US],
    [new Float64Array(70).fill(7)],
    [new Float64Array(0)],
  ];
  const heads = columns.map((column) => readIntegers(...column));
  const seen = new Set(
    heads.map((byte) => {
      const { transform, inBlocks, hasDivisor } = integerHead(byte);
      return `${transform}${inBlocks ? " blocks" : ""}${hasDivisor ? " divisor" : ""}`;
    }),
  );
  const flags = ["", " blocks", " divisor", " blocks divisor"];
  expect([...seen].sort()).toEqual(
    [...[0, 1, 2, 3].flatMap((one) => flags.map((flag) => one + flag)), "4"].sort(),
  );
});

test("digits of every small range, and of great ones, are grouped as documented", () => {
  const ranges = [...Array(300).keys()].slice(2);
  for (let range = 300; range < 2 ** 51; range = Math.floor(range * 1.7)) ranges.push(range);
  for (let bits = 8; bits <= 52; bits++) ranges.push(2 ** bits);
  for (const range of ranges) {
    for (const count of [3, 7, 54]) {
      const column = drawn(count, range, (random) => Math.floor(random() * range));
      column.set([range - 1, 0], 1);
      readIntegers(column);
    }
  }
});

test("a value column of every kind, with special values and without, reads as documented", () => {
  const spoilt = (column: Float64Array): Float64Array =>
    column.map((value, at) => [Number.NaN, Infinity, -Infinity, -0, 1e300][(at - 20) / 40] ?? value);
  const decimals = drawn(1000, 1, (random) => Math.floor(random() * 1e5) / 100);
  const fixed = drawn(1000, 2, (random) => 20 + random());
  const tiny = drawn(1000, 5, (random) => 2 * Math.floor(random() * 2 ** 40) + 1);
  const columns: [column: Float64Array, kind: string][] = [
    [decimals, "0"],
    [spoilt(decimals), "0 specials"],
    [decimals.map((value) => Math.floor(value)), "0"],
    [drawn(1000, 3, (random) => Math.floor(random() * 1e15) / 1e15), "0"],
    [decimals.map(Math.fround), "1"],
    [spoilt(decimals.map(Math.fround)).map(Math.fround), "1 specials"],
    [drawn(1000, 4, (random) => Math.fround((random() - 0.5) * 10 ** (80 * random() - 40))), "2"],
    [fixed, "3"],
    [spoilt(fixed).map((value) => (value === 1e300 ? 21 : value)), "3 specials"],
    [tiny.map((value) => value * Number.MIN_VALUE), "3"],
    [tiny.map((value) => value * 2 * Number.MIN_VALUE * 2 ** 50), "3"],
    [tiny.map((value) => value * 2 ** -1022), "3"],
    [drawn(1000, 6, (random) => (1 + random()) * 2 ** 40 * (random() < 0.1 ? 2 ** 20 : 1)), "4"],
    [drawn(1000, 7, (random) => (random() - 0.5) * 10 ** (600 * random() - 300)), "5"],
    [Float64Array.of(Math.PI, 1e300), "5"],
    [Float64Array.of(-0), "0 specials"],
  ];
  const heads = columns.map(([column]) => valueHead(readValues(column)));
  const kinds = heads.map(({ kind, hasSpecials }) => `${kind}${hasSpecials ? " specials" : ""}`);
  expect(kinds).toEqual(columns.map(([, kind]) => kind));
  expect(Math.max(...heads.map(({ digits }) => digits))).toBe(15);
});

test("whatever integers and floats reads as documented", () => {
  const walk = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { maxLength: 150 });
  const floats = fc.array(
    fc.oneof(
      fc.double(),
      fc.float(),
      fc.integer().map((cents) => cents / 100),
    ),
    {
      maxLength: 150,
    },
  );
  fc.assert(
    fc.property(walk, floats, (steps, numbers) => {
      readIntegers(Float64Array.from(steps));
      readValues(Float64Array.from(numbers));
    }),
    { numRuns: 300, interruptAfterTimeLimit: 2000 },
  );
});
