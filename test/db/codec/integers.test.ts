import fc from "fast-check";
import { expect, test } from "vitest";
import { MisuseError } from "../../../common/errors.ts";
import { ByteReader } from "../../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { decodeIntegers, encodeIntegers } from "../../../db/codec/integers.ts";
import { encodedIntegers, ramp } from "../../support/columns.ts";
import { seededDoubles, timesOf } from "../../support/series.ts";

const START_US = 1_795_000_000_000_000;

const steps = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  fc.constant(1000),
);
/** Integers that walk, jump, repeat, or are anything in [0, 2^53). */
const columns = fc.oneof(
  fc.array(fc.maxSafeNat(), { maxLength: 300 }),
  fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), { maxLength: 300 }),
  fc.array(steps, { maxLength: 300 }).map((deltas) => {
    let sum = START_US;
    return deltas.map((delta) => {
      sum += delta;
      return sum;
    });
  }),
);

test("any column of integers is given back", () => {
  fc.assert(
    fc.property(columns, (values) => {
      const column = Float64Array.from(values);
      expect(encodedIntegers(column).decode()).toEqual(column);
    }),
    { numRuns: 1500, interruptAfterTimeLimit: 3000 },
  );
});

test("a part of a column is written as it is alone, and read to where it belongs, with nothing around it changed", () => {
  const around = fc.array(fc.maxSafeNat(), { maxLength: 5 });
  fc.assert(
    fc.property(around, columns, around, (before, values, after) => {
      const out = new ByteWriter();
      const all = Float64Array.from([...before, ...values, ...after]);
      const [from, to] = [before.length, before.length + values.length];
      // along what the part begins with, whatever its index
      encodeIntegers(out, all, from, to, 0, ramp(all.length));
      expect(out.written()).toEqual(encodedIntegers(Float64Array.from(values), 0, ramp(values.length)).bytes);
      const into = Float64Array.from([...before, ...values.map(() => 77), ...after]);
      const input = new ByteReader(out.written());
      decodeIntegers(input, values.length, into, from, 0, ramp(values.length));
      expect([into, input.remaining]).toEqual([all, 0]);
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 2000 },
  );
});

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])(
  "a column with %d in it is no column of integers",
  (value) => {
    expect(() => encodedIntegers(Float64Array.of(1, 2, value, 7))).toThrow(MisuseError);
  },
);

test("any times are given back along any ascending sequence", () => {
  const series = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: -5000, max: 5000 })), {
    minLength: 12,
    maxLength: 200,
  });
  fc.assert(
    fc.property(series, fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), (points, period) => {
      let number = 0;
      const sequence = Float64Array.from(points, ([step]) => {
        number += step;
        return number;
      });
      const times = Float64Array.from(
        points,
        ([, jitter], index) => START_US + sequence[index]! * period + jitter,
      );
      expect(encodedIntegers(times, START_US, sequence).decode()).toEqual(times);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000 },
  );
});

test("the widest columns are given back: 0 and 2^53 - 1 together", () => {
  const random = seededDoubles(1);
  const column = Float64Array.from({ length: 500 }, () => Math.floor(random() * 2 ** 53));
  column[0] = 0;
  column[499] = 2 ** 53 - 1;
  expect(encodedIntegers(column).decode()).toEqual(column);
});

test("one time a second takes next to no byte per reading, with any of them lost", () => {
  const sequence = ramp(1000).filter((_, index) => index % 7 !== 3 && (index < 400 || index > 450));
  const times = sequence.map((number) => START_US + number * 1_000_000);
  expect(encodedIntegers(times, START_US, sequence).bytes.length).toBeLessThanOrEqual(12);
});

test("ten equally likely whole milliseconds around a regular second cost 3.4 bits", () => {
  const times = timesOf(1000, 9, 1000, seededDoubles(2));
  expect((encodedIntegers(times, START_US, ramp(1000)).bytes.length * 8) / 1000).toBeLessThanOrEqual(3.42);
});

test("whole seconds at any of 60 equally likely offsets cost their entropy of 5.91 bits and a tenth", () => {
  const times = timesOf(1000, 59, 1_000_000, seededDoubles(3));
  expect((encodedIntegers(times, START_US, ramp(1000)).bytes.length * 8) / 1000).toBeLessThanOrEqual(6.1);
});

test("a jitter of 601 equally likely microseconds costs its entropy of 9.24 bits and a tenth", () => {
  const times = timesOf(1000, 600, 1, seededDoubles(4));
  expect((encodedIntegers(times, START_US, ramp(1000)).bytes.length * 8) / 1000).toBeLessThanOrEqual(9.34);
});

test("a clock that runs 37 millionths fast costs a bit more at most", () => {
  const random = seededDoubles(5);
  const times = ramp(1000).map(
    (index) => START_US + Math.round(index * 1_000_037.4) + Math.floor(random() * 601),
  );
  expect((encodedIntegers(times, START_US, ramp(1000)).bytes.length * 8) / 1000).toBeLessThanOrEqual(9.5);
});

test("an outlier costs its own bytes and does not widen the others", () => {
  const times = timesOf(1000, 9, 1000, seededDoubles(6));
  const plain = encodedIntegers(times, START_US, ramp(1000)).bytes.length;
  times[500] = times[500]! - 86_400_000_000;
  const spoilt = encodedIntegers(times, START_US, ramp(1000));
  expect(spoilt.decode()).toEqual(times);
  expect(spoilt.bytes.length - plain).toBeLessThan(160);
});

test("outliers nearly 2^53 away from values that grow ever faster are given back", () => {
  for (const outlier of [2 ** 53 - 1, 2 ** 53 - 3, 2 ** 52 + 1]) {
    const column = ramp(1000).map((index) => index * index * 1e6);
    column[500] = outlier;
    expect(encodedIntegers(column).decode()).toEqual(column);
  }
});

test("a hundred runs of consecutive numbers take at most three bytes each", () => {
  const numbers: number[] = [];
  for (let run = 0, next = 0; run < 100; run++, next += 3) {
    for (let index = 0; index < 100; index++) numbers.push(next++);
  }
  expect(encodedIntegers(Float64Array.from(numbers)).bytes.length).toBeLessThanOrEqual(300);
});

test("a column that is quiet at first and wild later pays for the wild part only", () => {
  const random = seededDoubles(7);
  const column = Float64Array.from({ length: 1024 }, (_, index) =>
    index < 768 ? 5 : Math.floor(random() * 1e6),
  );
  const encoded = encodedIntegers(column);
  expect(encoded.decode()).toEqual(column);
  expect(encoded.bytes.length).toBeLessThanOrEqual(256 * 2.7 + 80);
});
