import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_SEQUENCE } from "../../protocol/constants.ts";
import {
  circle,
  extendSequence,
  halfCircle,
  MAX_SEQUENCE_BITS,
  quarterCircle,
  sequenceDistance,
} from "../../protocol/sequence.ts";

const MIN_SEQUENCE_BITS = 8;
const WIDTHS = Array.from(
  { length: MAX_SEQUENCE_BITS - MIN_SEQUENCE_BITS + 1 },
  (_, index) => MIN_SEQUENCE_BITS + index,
);

/** The rule itself, in integers without a limit. */
const modelDistance = (from: number, to: number, bits: number): bigint => {
  const size = 1n << BigInt(bits);
  const forward = (((BigInt(to) - BigInt(from)) % size) + size) % size;
  return forward >= size / 2n ? forward - size : forward;
};

/** A number on the circle, often near its seam or opposite of it. */
const onCircle = (bits: number): fc.Arbitrary<number> => {
  const near = (center: number) =>
    fc.integer({ min: -3, max: 3 }).map((step) => (center + step + circle(bits)) % circle(bits));
  return fc.oneof(
    fc.maxSafeNat().map((n) => n % circle(bits)),
    near(0),
    near(halfCircle(bits)),
  );
};

test.each(WIDTHS)("distance on %i bits is the model's, also across the seam", (bits) => {
  fc.assert(
    fc.property(onCircle(bits), onCircle(bits), (from, to) => {
      expect(BigInt(sequenceDistance(from, to, bits))).toBe(modelDistance(from, to, bits));
    }),
    { numRuns: 100 },
  );
});

test.each(WIDTHS)("extending on %i bits finds the nearest number that reads the same", (bits) => {
  // references from which every result is an exact integer
  const reference = fc.oneof(
    fc.maxSafeNat().filter((n) => n + halfCircle(bits) <= Number.MAX_SAFE_INTEGER),
    onCircle(bits).filter((n) => n + halfCircle(bits) <= Number.MAX_SAFE_INTEGER),
  );
  fc.assert(
    fc.property(onCircle(bits), reference, (sequence, near) => {
      const expected = BigInt(near) + modelDistance(near % circle(bits), sequence, bits);
      expect(BigInt(extendSequence(sequence, near, bits))).toBe(expected);
    }),
    { numRuns: 100 },
  );
});

test.each(WIDTHS)("a numbering of %i bits that wraps around is extended without a break", (bits) => {
  const start = Math.min(circle(bits), MAX_SEQUENCE) - 5;
  for (let extended = start; extended < start + 10 && extended <= MAX_SEQUENCE; extended++)
    expect(extendSequence(extended % circle(bits), Math.max(start, extended - 1), bits)).toBe(extended);
});

test("the exact half circle counts as older", () => {
  expect(sequenceDistance(0, 128, 8)).toBe(-128);
  expect(sequenceDistance(128, 0, 8)).toBe(-128);
  expect(sequenceDistance(0, 127, 8)).toBe(127);
});

test("a number from before the start of the numbering extends to a negative one", () => {
  expect(extendSequence(65_535, 2, 16)).toBe(-1);
});

test("what extends beyond 2^53 stays above the greatest sequence number", () => {
  expect(extendSequence(5, MAX_SEQUENCE, 53)).toBeGreaterThan(MAX_SEQUENCE);
});

test("half and quarter are parts of the circle", () => {
  expect([circle(16), halfCircle(16), quarterCircle(16)]).toEqual([65_536, 32_768, 16_384]);
  expect(circle(53)).toBe(2 ** 53);
});
