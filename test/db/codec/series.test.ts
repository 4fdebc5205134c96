import { expect, test } from "vitest";
import { encodedIntegers, encodedValues, ramp } from "../../support/columns.ts";
import { SERIES, type Series, seededDoubles, timesOf, valuesOf } from "../../support/series.ts";

/** Bytes per reading of the prototype this codec has to stay within 1.2 times of, in chunks of 1,000. */
const JITTERED: Record<Series, number> = {
  walk: 2.13,
  sine: 3.72,
  constant: 1.46,
  counter: 2.09,
  random: 8.57,
};
const REGULAR: Record<Series, number> = { walk: 0.77, sine: 2.33, constant: 0.06, counter: 0.7, random: 7.2 };
const CHUNK = 1000;
const CHUNKS = 10;

/** Mean over some chunks of times, one second apart with 0 to `jitterUs` on top, and values. */
const bytesPerReading = (series: Series, jitterUs: number): number => {
  const random = seededDoubles(47);
  let bytes = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const times = timesOf(CHUNK, jitterUs, 1, random);
    const values = valuesOf(series, CHUNK, random);
    bytes += encodedIntegers(times, 0, ramp(CHUNK)).bytes.length + encodedValues(values).bytes.length;
  }
  return bytes / (CHUNK * CHUNKS);
};

test.each(SERIES)("%s with jittered times is within 1.2 of the prototype", (series) => {
  expect(bytesPerReading(series, 600)).toBeLessThanOrEqual(JITTERED[series] * 1.2);
});

test.each(SERIES)("%s with regular times is within 1.2 of the prototype", (series) => {
  expect(bytesPerReading(series, 0)).toBeLessThanOrEqual(REGULAR[series] * 1.2);
});
