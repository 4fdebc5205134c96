import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTime } from "../../../protocol/time.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { seriesOf, withReader } from "../../support/series-bed.ts";
import { StoreBed } from "../../support/store-bed.ts";

const NUMBERS = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((cents) => cents / 100),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

test("buckets are what sorting every stored reading and number into them gives", async () => {
  const plan = fc.record({
    arrivals: fc.array(
      fc.record({
        sequence: fc.integer({ min: 0, max: 60 }),
        timeUs: fc.integer({ min: 0, max: 3000 }),
        readings: fc.array(
          fc.record({
            channel: fc.integer({ min: 1, max: 2 }),
            value: NUMBERS,
            timeUs: fc.integer({ min: 0, max: 3000 }),
          }),
          { maxLength: 4 },
        ),
        run: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 60 },
    ),
    flushEvery: fc.integer({ min: 1, max: 9 }),
    fromUs: fc.option(fc.integer({ min: 0, max: 1500 })),
    toUs: fc.option(fc.integer({ min: 1500, max: 3500 })),
    division: fc.oneof(
      fc.record({ points: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ stepUs: fc.integer({ min: 5, max: 4000 }) }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ arrivals, flushEvery, fromUs, toUs, division }) => {
      using bed = new StoreBed();
      const model = new IngestModel({ nowUs: 1500 });
      const device = model.device("pump");
      const runs: ModelRun[] = [model.run(device, 1), model.run(device, 1, 1), model.run(device, 2)];
      model.describe(device, 1, 1, "level");
      model.describe(device, 2, 2, "level");
      const writer = bed.closing(bed.writer());
      for (const [index, { sequence, timeUs, readings, run }] of arrivals.entries()) {
        const target = runs[run]!;
        if (sequence >= Math.max(0, target.row[2]!)) model.receive(target, sequence, readings, timeUs);
        if (index % 5 === 4) model.close(target);
        if (index % flushEvery === 0) {
          writer.accept(model.seal());
          writer.flush();
        }
      }
      writer.accept(model.seal());
      writer.flush();
      await withReader(bed, async (reader) => {
        const series = await seriesOf(reader, { channel: "level", fromUs, toUs, division });
        const stored = naiveReadings(runs);
        const times = runs.flatMap((run) => run.readings.map(({ timeUs }) => timeUs));
        if (fromUs === null && toUs === null) {
          const total = series.buckets.reduce((sum, { count }) => sum + count, 0);
          const received = series.buckets.reduce((sum, bucket) => sum + bucket.received!, 0);
          expect([total, received]).toEqual([stored.length, times.length]);
        }
        for (const [index, bucket] of series.buckets.entries()) {
          const start = parseTime(bucket.start);
          const next = series.buckets[index + 1];
          const end = next === undefined ? parseTime(series.to!) : parseTime(next.start);
          expect(end - start).toBeLessThanOrEqual(Math.round(series.stepSeconds * 1e6));
          expect(bucket).toMatchObject(naiveBucket(stored, start, end));
          const { completeness } = await reader.readings({
            device: "pump",
            channels: [],
            fromUs: start,
            toUs: end,
            order: "asc",
            limit: 1,
            after: null,
          });
          expect([bucket.received, bucket.expected]).toEqual([completeness.received, completeness.expected]);
        }
      });
    }),
    { numRuns: 60, interruptAfterTimeLimit: 2000 },
  );
});

interface Stored {
  timeUs: number;
  run: number;
  sequence: number;
  value: number;
}

/** Every reading of the channel "level", in the order of runs and numbers. */
const naiveReadings = (runs: readonly ModelRun[]): Stored[] =>
  runs.flatMap(({ run, epoch, readings }) =>
    [...readings]
      .sort((a, b) => a.sequence - b.sequence)
      .flatMap(({ sequence, readings: own }) =>
        own
          .filter(({ channel }) => channel === epoch)
          .map(({ timeUs, value: number }) => ({ timeUs, run, sequence, value: number })),
      ),
  );

const naiveBucket = (stored: readonly Stored[], start: number, end: number) => {
  const inside = stored.filter(({ timeUs }) => timeUs >= start && timeUs < end);
  const finite = inside.filter((reading) => Number.isFinite(reading.value));
  const values = finite.map((reading) => reading.value);
  const last = finite.reduce<Stored | null>(
    (latest, reading) => (latest === null || reading.timeUs >= latest.timeUs ? reading : latest),
    null,
  );
  const mean = values.length === 0 ? null : values.reduce((sum, number) => sum + number, 0) / values.length;
  return {
    count: inside.length,
    nonFinite: inside.length - finite.length,
    mean: mean === null ? null : expect.closeTo(mean, 9),
    min: values.length === 0 ? null : Math.min(...values) + 0,
    max: values.length === 0 ? null : Math.max(...values) + 0,
    last: last?.value ?? null,
  };
};
