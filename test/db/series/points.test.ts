import fc from "fast-check";
import { expect, test } from "vitest";
import * as texts from "../../../api/answers/answer-texts.ts";
import type { PointsQuery } from "../../../db/query/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

interface PointsJson {
  from: number | null;
  to: number | null;
  count: number;
  received: number | null;
  expected: number | null;
  nonFinite: number;
  points: { time: number; value: number | null }[];
  gaps: { from: number; to: number }[];
}

const QUERY: PointsQuery = {
  device: "pump",
  channel: "ch1",
  fromUs: null,
  toUs: null,
  nowUs: 4000,
  points: 1000,
};

const pump = (bed: StoreBed) => {
  const model = new IngestModel({ nowUs: 1000 });
  const device = model.device("pump");
  const writer = bed.closing(bed.writer());
  /** one reading of channel 1, whose value is its number */
  const receive = (run: ModelRun, sequence: number, timeUs: number, value = sequence): void =>
    model.receive(run, sequence, [{ channel: 1, value, timeUs }], timeUs);
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  const ask = async (query: Partial<PointsQuery> = {}): Promise<PointsJson> => {
    flush();
    const store = openReadOnly(bed.file, { texts });
    try {
      const series = await store.reader.pointsText({ ...QUERY, ...query }, "us");
      return JSON.parse(`{${Buffer.from(series!.text)}}`);
    } finally {
      store.close();
    }
  };
  return { model, device, run: model.run(device, 1, 0, ROW_FLAG.CURRENT), receive, flush, ask };
};

const valuesOf = ({ points }: PointsJson): (number | null)[] => points.map(({ value }) => value);

test("the line is broken where a number is absent, half way between the readings around it", async () => {
  using bed = new StoreBed();
  const { run, receive, ask } = pump(bed);
  for (const sequence of [0, 1, 4, 5]) receive(run, sequence, sequence * 100);
  const found = await ask({ fromUs: 0, toUs: 3000 });
  expect(found.points).toEqual([
    { time: 0, value: 0 },
    { time: 100, value: 1 },
    { time: 250, value: null },
    { time: 400, value: 4 },
    { time: 500, value: 5 },
  ]);
  expect([found.count, found.received, found.expected]).toEqual([4, 4, 6]);
  expect(found.gaps).toHaveLength(1);
});

test("a number that came in another flush and out of order closes the line", async () => {
  using bed = new StoreBed();
  const { run, receive, flush, ask } = pump(bed);
  for (const sequence of [0, 2]) receive(run, sequence, sequence * 100);
  flush();
  receive(run, 1, 100);
  expect(valuesOf(await ask())).toEqual([0, 1, 2]);
});

test("a number that carried other channels breaks nothing", async () => {
  using bed = new StoreBed();
  const { model, run, receive, ask } = pump(bed);
  receive(run, 0, 0);
  model.receive(run, 1, [{ channel: 2, value: 7, timeUs: 100 }], 100);
  receive(run, 2, 200);
  expect(valuesOf(await ask())).toEqual([0, 2]);
});

test("the line is broken between runs: how the former one ended is not known", async () => {
  using bed = new StoreBed();
  const { model, device, run, receive, ask } = pump(bed);
  receive(run, 0, 0);
  receive(model.run(device, 2), 0, 100, 9);
  receive(model.run(device, 3), 0, 200, 7);
  expect(valuesOf(await ask())).toEqual([0, null, 9, null, 7]);
});

test("readings of one time are in the order of their numbers, and of the runs, on both sides of what is absent", async () => {
  using bed = new StoreBed();
  const { model, device, run, receive, ask } = pump(bed);
  for (const sequence of [0, 2, 4]) receive(run, sequence, 100);
  const later = model.run(device, 2);
  for (const sequence of [0, 2]) receive(later, sequence, 100, 10 + sequence);
  expect(valuesOf(await ask())).toEqual([0, null, 2, null, 4, null, 10, null, 12]);
});

test("without numbers there is one line, and nobody knows how complete it is", async () => {
  using bed = new StoreBed();
  const { model, ask } = pump(bed);
  const meter = model.run(model.device("meter"), null, 0, ROW_FLAG.UNSEQUENCED);
  for (const timeUs of [100, 200, 300])
    model.receiveUnsequenced(meter, [{ channel: 1, value: timeUs, timeUs }], timeUs);
  const found = await ask({ device: "meter" });
  expect(valuesOf(found)).toEqual([100, 200, 300]);
  expect([found.received, found.expected]).toEqual([null, null]);
});

test("the line is broken where a device that had no numbers begins to have them", async () => {
  using bed = new StoreBed();
  const { model, receive, ask } = pump(bed);
  const device = model.device("meter");
  const before = model.run(device, null, 0, ROW_FLAG.UNSEQUENCED);
  for (const timeUs of [100, 200])
    model.receiveUnsequenced(before, [{ channel: 1, value: timeUs, timeUs }], timeUs);
  const run = model.run(device, 1);
  for (const sequence of [0, 1, 3]) receive(run, sequence, 300 + sequence * 100);
  expect(valuesOf(await ask({ device: "meter" }))).toEqual([100, 200, null, 0, 1, null, 3]);
});

test("values that are not finite are counted, and no points", async () => {
  using bed = new StoreBed();
  const { run, receive, ask } = pump(bed);
  receive(run, 0, 0);
  receive(run, 1, 100, Number.NaN);
  receive(run, 2, 200);
  const found = await ask();
  expect(valuesOf(found)).toEqual([0, 2]);
  expect([found.count, found.nonFinite]).toEqual([3, 1]);
});

test("a span has the readings from its begin to before its end, and one without any has no points", async () => {
  using bed = new StoreBed();
  const { run, receive, ask } = pump(bed);
  for (let sequence = 0; sequence < 10; sequence++) receive(run, sequence, sequence * 100);
  expect(valuesOf(await ask({ fromUs: 200, toUs: 500 }))).toEqual([2, 3, 4]);
  expect(await ask({ fromUs: 5000, toUs: 6000 })).toMatchObject({ count: 0, points: [] });
  expect(await ask({ fromUs: 300, toUs: 300 })).toMatchObject({ from: 300, to: 300, count: 0, points: [] });
});

test("whatever arrives: points are readings in order of time, and no line leads over an absent number", async () => {
  const plan = fc.record({
    numbers: fc.array(fc.nat(60), { minLength: 1, maxLength: 60 }),
    flushEvery: fc.integer({ min: 1, max: 9 }),
    points: fc.integer({ min: 2, max: 70 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ numbers, flushEvery, points: most }) => {
      using bed = new StoreBed();
      const { model, run, receive, flush, ask } = pump(bed);
      for (const [index, sequence] of numbers.entries()) {
        if (sequence >= Math.max(0, numbers[0]!)) receive(run, sequence, sequence * 10);
        if (index % 5 === 4) model.close(run);
        if (index % flushEvery === 0) flush();
      }
      const { points } = await ask({ points: most });
      const readings = points.filter(({ value }) => value !== null);
      expect(readings).toHaveLength(Math.min(most, run.received.size));
      for (const [index, { time, value }] of readings.entries()) {
        expect([time, run.received.has(value!)]).toEqual([value! * 10, true]);
        if (index > 0) expect(time).toBeGreaterThan(readings[index - 1]!.time);
      }
      for (const [index, { value }] of points.entries()) {
        const before = points[index - 1]?.value;
        if (value === null || before === null || before === undefined) continue;
        for (let between = before; between < value; between++) expect(run.received.has(between)).toBe(true);
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 2000 },
  );
});
