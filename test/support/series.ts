import { seededRandom } from "./seeded-random.ts";

/**
 * The five series that the codec is measured with, from a seeded generator, so that tests and benches see the same numbers.
 */
export const SERIES = ["walk", "sine", "constant", "counter", "random"] as const;
export type Series = (typeof SERIES)[number];

/** Numbers in [0, 1) with 53 random bits. */
export const seededDoubles = (seed: number): (() => number) => {
  const random = seededRandom(seed);
  return () => (Math.floor(random() * 2 ** 32) * 2 ** 21 + Math.floor(random() * 2 ** 21)) / 2 ** 53;
};

/** `count` values of a series. */
export const valuesOf = (series: Series, count: number, random: () => number): Float64Array => {
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const values = new Float64Array(count);
  let sum = 2000;
  for (let index = 0; index < count; index++) {
    switch (series) {
      case "walk":
        sum += between(-25, 25);
        values[index] = sum / 100;
        break;
      case "sine":
        values[index] = Math.fround(20 + 5 * Math.sin(index / 30) + 0.2 * (random() - 0.5));
        break;
      case "constant":
        values[index] = 21.5;
        break;
      case "counter":
        sum += between(0, 15);
        values[index] = sum;
        break;
      case "random":
        values[index] = random();
        break;
    }
  }
  return values;
};

/** One time a second from the end of 2026 on, plus 0 to `jitter` units of `unitUs` microseconds. */
export const timesOf = (count: number, jitter: number, unitUs: number, random: () => number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, index) => 1_795_000_000_000_000 + index * 1_000_000 + Math.floor(random() * (jitter + 1)) * unitUs,
  );
