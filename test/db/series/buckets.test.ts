import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunColumns } from "../../../db/segment/columns.ts";
import { Buckets } from "../../../db/series/buckets.ts";
import { bucketAt } from "../../../db/series/grid.ts";

/** A chunk of readings that all have one value, as its head knows them. */
const chunkOf = (count: number, value: number) => ({
  ...{ count, nonFinite: 0, min: value, max: value, sum: count * value },
  ...{ last: value, lastReadingTimeUs: 0, lastSequence: 0 },
});

const meanOf = (chunks: readonly ReturnType<typeof chunkOf>[]): number => {
  const buckets = new Buckets({ fromUs: 0, toUs: 100, stepUs: 100, count: 1 });
  for (const chunk of chunks) buckets.addSummary(0, chunk, 0);
  return buckets.mean(0);
};

test("sums of chunks that are finite each and overflow together still have the mean of their values", () => {
  const huge = 2 ** 1017;
  expect(meanOf(Array.from({ length: 9 }, () => chunkOf(64, huge)))).toBe(huge);
  const [above, below] = [chunkOf(64, huge), chunkOf(64, -huge)];
  expect(meanOf([above, above, above, below, below, below])).toBe(0);
  expect(meanOf([below, below, below, above])).toBe(-huge / 2);
});

const GRID = { fromUs: 100, toUs: 128, stepUs: 10, count: 3 };
const CHANNELS = [1, 3];

interface Datagram {
  run: number;
  sequence: number;
  timeUs: number;
  readings: { channel: number; timeUs: number; value: number }[];
}

/** As memory that is used again holds them: behind what is there lies what was read before. */
const columnsOf = (datagrams: readonly Datagram[]): RunColumns => {
  const readings = datagrams.flatMap((each) => each.readings);
  const starts = [0];
  for (const { readings: own } of datagrams) starts.push(starts.at(-1)! + own.length);
  const behind = GRID.fromUs + 1;
  return {
    datagramCount: datagrams.length,
    readingCount: readings.length,
    sequence: Float64Array.of(...datagrams.map(({ sequence }) => sequence), 999, 999),
    datagramTime: Float64Array.of(...datagrams.map(({ timeUs }) => timeUs), behind, behind),
    readingStart: Uint32Array.of(...starts, 0, 0),
    channel: Uint16Array.of(...readings.map(({ channel }) => channel), ...CHANNELS),
    type: new Uint8Array(readings.length + 2),
    readingTime: Float64Array.of(...readings.map(({ timeUs }) => timeUs), behind, behind),
    value: Float64Array.of(...readings.map(({ value }) => value), 77, 77),
  };
};

type Placed = Datagram["readings"][number] & Pick<Datagram, "run" | "sequence">;

const placedOf = (datagrams: readonly Datagram[]): Placed[] =>
  datagrams.flatMap(({ run, sequence, readings }) =>
    readings.filter(({ channel }) => CHANNELS.includes(channel)).map((each) => ({ ...each, run, sequence })),
  );

const NO_VALUES = { min: 0, max: 0, sum: 0, last: 0, lastReadingTimeUs: 0, lastSequence: 0 };

/** Of readings in the order of runs and numbers. */
const figuresOf = (readings: readonly Placed[]) => {
  const finite = readings.filter(({ value }) => Number.isFinite(value));
  if (finite.length === 0) return { count: 0, nonFinite: readings.length, ...NO_VALUES };
  const values = finite.map(({ value }) => value);
  const last = finite.reduce((latest, each) => (each.timeUs >= latest.timeUs ? each : latest));
  return {
    ...{ count: finite.length, nonFinite: readings.length - finite.length },
    ...{
      min: Math.min(...values),
      max: Math.max(...values),
      sum: values.reduce((sum, each) => sum + each, 0),
    },
    ...{ last: last.value, lastReadingTimeUs: last.timeUs, lastSequence: last.sequence },
  };
};

/** The bucket in which all of them lie; -1 = there is none. */
const soleBucketOf = (readings: readonly Placed[]): number => {
  const buckets = new Set(readings.map(({ timeUs }) => bucketOf(timeUs)));
  return buckets.size === 1 ? [...buckets][0]! : -1;
};
const bucketOf = (timeUs: number): number =>
  timeUs >= GRID.fromUs && timeUs < GRID.toUs ? bucketAt(GRID, timeUs) : -1;

/** around the edges of buckets, and many of them equal */
const near = fc.constantFrom(98, 99, 100, 105, 109, 110, 119, 120, 127, 128, 131);
const numbers = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 2, arbitrary: fc.constant(0.1) },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  { weight: 2, arbitrary: fc.constantFrom(2 ** 1021.9, -(2 ** 1020), Number.MAX_VALUE, 2 ** 960) },
);

test("readings, and sums of readings, in any pieces of any runs come to what all of them do one by one", () => {
  const drawn = fc.record({
    run: fc.nat(2),
    timeUs: near,
    piece: fc.nat(2),
    readings: fc.array(fc.record({ channel: fc.constantFrom(1, 2, 3), timeUs: near, value: numbers }), {
      maxLength: 3,
    }),
  });
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 40 }), fc.boolean(), (sent, isSumming) => {
      const buckets = new Buckets(GRID);
      const datagrams = sent
        .map((each, sequence) => ({ ...each, sequence }))
        .sort((a, b) => a.run - b.run || a.sequence - b.sequence);
      for (const run of [0, 1, 2]) {
        // pieces of a run come in any order, and numbers of one may lie among those of another
        for (const piece of [1, 0, 2]) {
          const own = datagrams.filter((each) => each.run === run && each.piece === piece);
          const columns = columnsOf(own);
          buckets.receive(columns);
          const readings = placedOf(own);
          const bucket = soleBucketOf(readings);
          const figures = figuresOf(readings);
          if (isSumming && bucket >= 0 && Number.isFinite(figures.sum))
            buckets.addSummary(bucket, figures, run);
          else buckets.addReadings(columns, CHANNELS, run);
        }
      }
      for (let bucket = 0; bucket < GRID.count; bucket++) {
        const here = datagrams.filter(({ timeUs }) => bucketOf(timeUs) === bucket);
        const readings = placedOf(datagrams).filter(({ timeUs }) => bucketOf(timeUs) === bucket);
        const finite = readings.filter(({ value }) => Number.isFinite(value));
        expect([buckets.received[bucket], buckets.count[bucket], buckets.finite(bucket)]).toEqual([
          here.length,
          readings.length,
          finite.length,
        ]);
        if (finite.length === 0) continue;
        const { min, max, last } = figuresOf(readings);
        expect([buckets.min[bucket], buckets.max[bucket], buckets.last[bucket]]).toEqual([min, max, last]);
        // rounding may carry the sum past the greatest number there is
        const mean = Math.min(
          finite.reduce((sum, { value }) => sum + value / finite.length, 0),
          max,
        );
        const most = Math.max(Math.abs(min), Math.abs(max));
        expect(Math.abs(buckets.mean(bucket) - mean)).toBeLessThanOrEqual(most * 1e-9);
        expect(buckets.mean(bucket)).toBeGreaterThanOrEqual(min);
        expect(buckets.mean(bucket)).toBeLessThanOrEqual(max);
      }
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000 },
  );
});
