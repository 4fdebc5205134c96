import fc from "fast-check";
import { expect, test } from "vitest";
import { type ArrivalSet, mergeArrivals } from "../../protocol/arrival-set.ts";
import { normalise, type Range, sizeOf } from "../../protocol/ranges.ts";
import { lostOfArrivals } from "../support/lost-of-arrivals.ts";

const WORDS = ["lost", "missing", "untold", "received"] as const;
type Word = (typeof WORDS)[number];

/** What a set says, number by number: the plain form that merges by taking the greater word. */
type Plain = { first: number; words: Word[] };

const rangesOf = ({ first, words }: Plain, word: Word): Range[] =>
  normalise(words.flatMap((each, at): Range[] => (each === word ? [[first + at, first + at]] : [])));

const setOf = (plain: Plain): ArrivalSet => ({
  first: plain.first,
  last: plain.first + plain.words.length - 1,
  received: rangesOf(plain, "received"),
  untold: rangesOf(plain, "untold"),
  missing: rangesOf(plain, "missing"),
});

const plainUnion = (all: readonly Plain[]): Plain => {
  const first = Math.min(...all.map((plain) => plain.first));
  const end = Math.max(...all.map((plain) => plain.first + plain.words.length));
  const words = Array.from({ length: end - first }, (_, at) => {
    const said = all.map((plain) => plain.words[first + at - plain.first] ?? "lost");
    return WORDS[Math.max(...said.map((word) => WORDS.indexOf(word)))]!;
  });
  return { first, words };
};

const plain = fc.record({
  first: fc.nat(20),
  words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 30 }),
});
const set = plain.map(setOf);
const RUNS = { numRuns: 300 };

test("merging is commutative, associative and idempotent", () => {
  fc.assert(
    fc.property(set, set, set, (a, b, c) => {
      expect(mergeArrivals(a, b)).toEqual(mergeArrivals(b, a));
      expect(mergeArrivals(mergeArrivals(a, b), c)).toEqual(mergeArrivals(a, mergeArrivals(b, c)));
      expect(mergeArrivals(a, a)).toEqual(a);
      expect(mergeArrivals(mergeArrivals(a, b), b)).toEqual(mergeArrivals(a, b));
    }),
    RUNS,
  );
});

test("in whatever order collectors are merged, each number is what the one that knows most of it says", () => {
  const shuffled = fc
    .array(plain, { minLength: 1, maxLength: 6 })
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
  fc.assert(
    fc.property(shuffled, ([all, order]) => {
      expect(order.map(setOf).reduce(mergeArrivals)).toEqual(setOf(plainUnion(all)));
    }),
    RUNS,
  );
});

test("every number of a set is received, untold, missing or lost, and is counted once", () => {
  fc.assert(
    fc.property(plain, (each) => {
      const all = setOf(each);
      const lost = lostOfArrivals(all);
      expect(lost).toEqual(rangesOf(each, "lost"));
      const counted = [all.received, all.untold, all.missing, lost].map(sizeOf);
      expect(counted.reduce((sum, size) => sum + size)).toBe(each.words.length);
    }),
    RUNS,
  );
});

test("what one of two collectors has is here; what neither has is lost, also between what they heard", () => {
  const a: ArrivalSet = {
    first: 0,
    last: 9,
    received: [
      [0, 3],
      [6, 9],
    ],
    untold: [],
    missing: [],
  };
  const b: ArrivalSet = {
    first: 5,
    last: 20,
    received: [
      [5, 5],
      [12, 20],
    ],
    untold: [],
    missing: [[10, 11]],
  };
  const both = mergeArrivals(a, b);
  expect(both).toEqual({
    first: 0,
    last: 20,
    received: [
      [0, 3],
      [5, 9],
      [12, 20],
    ],
    untold: [],
    missing: [[10, 11]],
  });
  expect(lostOfArrivals(both)).toEqual([[4, 4]]);
});
