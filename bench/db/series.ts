/**
 * The five series of test/support/series.ts, whose sizes the tests assert; benches import nothing from tests, so they stand here again.
 */
export const SERIES = ["walk", "sine", "constant", "counter", "random"] as const;
export type Series = (typeof SERIES)[number];

/** Numbers in [0, 1) with 53 random bits, from mulberry32. */
export const seededDoubles = (seed: number): (() => number) => {
  let state = seed >>> 0;
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return () => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53;
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
