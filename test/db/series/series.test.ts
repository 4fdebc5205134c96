import fc from "fast-check";
import { expect, test } from "vitest";
import * as texts from "../../../api/answer-texts.ts";
import { parseDurationMs } from "../../../common/duration.ts";
import type { SeriesQuery } from "../../../db/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import type { Reader } from "../../../db/reader.ts";
import { CAUSE, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { parseTime } from "../../../protocol/time.ts";
import { IngestModel, type ModelReading, type ModelRun } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

interface Bucket {
  start: string;
  count: number;
  received: number | null;
  recovered: number | null;
  late: number | null;
  expected: number | null;
  mean: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
  nonFinite: number;
}
interface SeriesJson {
  from: string | null;
  to: string | null;
  stepSeconds: number;
  buckets: Bucket[];
  gaps: {
    epoch: number;
    run: number;
    first: number;
    last: number;
    from: string;
    to: string;
    state: string;
  }[];
  gapsLeftOut: number;
  unit: string;
}

const QUERY: SeriesQuery = {
  device: "pump",
  channel: "ch1",
  fromUs: null,
  toUs: null,
  nowUs: 4000,
  division: { points: 10 },
};

const withReader = async <T>(bed: StoreBed, ask: (reader: Reader) => Promise<T>): Promise<T> => {
  const store = openReadOnly(bed.file, { texts });
  try {
    return await ask(store.reader);
  } finally {
    store.close();
  }
};

const seriesOf = async (reader: Reader, query: Partial<SeriesQuery>): Promise<SeriesJson> => {
  const series = (await reader.seriesText({ ...QUERY, ...query }, "rfc3339"))!;
  return { ...JSON.parse(`{${Buffer.from(series.text)}}`), unit: series.unit };
};

const startPump = (bed: StoreBed) => {
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  const writer = bed.closing(bed.writer());
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  const ask = (query: Partial<SeriesQuery> = {}) => withReader(bed, (reader) => seriesOf(reader, query));
  return { model, device, run, flush, ask };
};

const value = (number: number, timeUs: number): ModelReading[] => [{ channel: 1, value: number, timeUs }];

test("each bucket has count, mean, extremes and the value with the greatest time, whatever the order of arrival", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const at = 1_000_000_000;
  for (const [sequence, [number, offset]] of [
    [5, 0],
    [1, 30],
    [4, 20],
    [2, 10],
    [9, 100],
  ].entries()) {
    model.receive(run, sequence, value(number!, at + offset!), at + offset!);
  }
  flush();
  const { buckets, stepSeconds, from, to } = await ask({
    fromUs: at,
    toUs: at + 150,
    division: { points: 3 },
  });
  expect([stepSeconds, parseTime(from!), parseTime(to!)]).toEqual([0.00005, at, at + 150]);
  expect(buckets.map(({ start, ...rest }) => rest)).toEqual([
    {
      count: 4,
      received: 4,
      recovered: 0,
      late: 0,
      expected: 4,
      mean: 3,
      min: 1,
      max: 5,
      last: 1,
      nonFinite: 0,
    },
    {
      count: 0,
      received: 0,
      recovered: 0,
      late: 0,
      expected: 0,
      mean: null,
      min: null,
      max: null,
      last: null,
      nonFinite: 0,
    },
    {
      count: 1,
      received: 1,
      recovered: 0,
      late: 0,
      expected: 1,
      mean: 9,
      min: 9,
      max: 9,
      last: 9,
      nonFinite: 0,
    },
  ]);
});

test("each bucket counts the numbers in it that were recovered or came late, each by its own time", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const at = (sequence: number): number => 1_795_176_000_000_000 + sequence * 1000;
  for (const sequence of [0, 10, 20]) model.receive(run, sequence, value(1, at(sequence)), at(sequence));
  for (const sequence of [3, 4, 5, 6, 12]) model.recover(run, sequence, 1, at(sequence));
  model.close(run);
  model.receive(run, 19, [], at(19));
  flush();
  const { buckets } = await ask({ fromUs: at(0), toUs: at(25), division: { points: 5 } });
  expect(buckets.map(({ received, recovered, late }) => [received, recovered, late])).toEqual([
    [3, 2, 0],
    [2, 2, 0],
    [2, 1, 0],
    [1, 0, 1],
    [1, 0, 0],
  ]);
});

test.each([1, 2, 3, 4])(
  "of %d consecutive numbers that were recovered each is counted where it lies",
  async (count) => {
    using bed = new StoreBed();
    const { model, run, flush, ask } = startPump(bed);
    const at = (sequence: number): number => 1_795_176_000_000_000 + sequence * 1000;
    for (const sequence of [0, 10]) model.receive(run, sequence, value(1, at(sequence)), at(sequence));
    const numbers = Array.from({ length: count }, (_, index) => 3 + index);
    for (const sequence of numbers) model.recover(run, sequence, 1, at(sequence));
    model.close(run);
    flush();
    const { buckets } = await ask({ fromUs: at(0), toUs: at(10), division: { points: 10 } });
    expect(buckets.flatMap(({ recovered }, bucket) => new Array<number>(recovered!).fill(bucket))).toEqual(
      numbers,
    );
  },
);

test("values that are not finite are counted apart and in no statistic", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const numbers = [1, Number.NaN, 3, Number.POSITIVE_INFINITY];
  for (const [sequence, number] of numbers.entries())
    model.receive(run, sequence, value(number, 1000 + sequence));
  model.receive(run, 4, value(Number.NaN, 2000));
  flush();
  const { buckets } = await ask({ fromUs: 1000, toUs: 3000, division: { points: 2 } });
  expect(buckets).toMatchObject([
    { count: 4, nonFinite: 2, mean: 2, min: 1, max: 3, last: 3 },
    { count: 1, nonFinite: 1, mean: null, last: null },
  ]);
});

test("a mean of the greatest numbers there are does not overflow", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const greatest = Number.MAX_VALUE;
  for (const sequence of [0, 1, 2]) model.receive(run, sequence, value(greatest, 1000));
  flush();
  expect((await ask()).buckets[0]).toMatchObject({ mean: greatest, min: greatest, max: greatest });
});

test("a lost range is spread over the buckets it lies in and listed with the times around it", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const at = model.nowUs;
  model.receive(run, 0, value(1, at), at);
  model.nowUs = at + 1_000_000;
  model.receive(run, 10, value(2, at + 1_000_000), at + 1_000_000);
  model.close(run, CAUSE.NETWORK);
  flush();
  const { buckets, gaps, gapsLeftOut } = await ask({
    fromUs: at,
    toUs: at + 2_000_000,
    division: { stepUs: 1_000_000 },
  });
  expect(buckets.map(({ received, expected }) => [received, expected])).toEqual([
    [1, expect.any(Number)],
    [1, expect.any(Number)],
  ]);
  expect(buckets[0]!.expected! + buckets[1]!.expected!).toBe(11);
  expect(gaps).toMatchObject([{ epoch: 1, run: 0, first: 1, last: 9, state: "lost" }]);
  expect(parseTime(gaps[0]!.to) - parseTime(gaps[0]!.from)).toBe(1_000_000);
  expect(gapsLeftOut).toBe(0);
});

test("without numbers received and expected are unknown", async () => {
  using bed = new StoreBed();
  const { model, flush, ask } = startPump(bed);
  const other = model.device("meter");
  const run = model.run(other, null, 0, ROW_FLAG.UNSEQUENCED);
  model.receiveUnsequenced(run, value(7, 1000), 1000);
  flush();
  const { buckets } = await ask({ device: "meter" });
  expect(buckets).toMatchObject([{ count: 1, received: null, expected: null, mean: 7 }]);
});

test("without from and to the buckets reach from the first to the last time that is stored", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 5000), 5000);
  flush();
  model.receive(run, 1, value(2, 900), 9000);
  flush();
  const { from, to, buckets } = await ask({ division: { stepUs: 1000 } });
  expect([parseTime(from!), parseTime(to!), buckets.length]).toEqual([0, 9001, 10]);
  const points = await ask({ division: { points: 3 } });
  expect([parseTime(points.from!), parseTime(points.to!), points.buckets.length]).toEqual([900, 9001, 3]);
});

test("a side of the span that is open ends where what is stored in it does", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush, ask } = startPump(bed);
  const second = model.run(device, 2);
  for (const [sequence, timeUs] of [100, 300, 500, 700].entries()) {
    model.receive(run, sequence, value(1, timeUs + 20), timeUs);
    model.receive(second, sequence, value(1, timeUs - 20), timeUs + 10);
    flush();
  }
  const spans = [{ fromUs: 200 }, { toUs: 600 }, { fromUs: 650 }, { toUs: 85 }];
  const found = await Promise.all(spans.map((span) => ask({ ...span, division: { points: 2 } })));
  expect(found.map(({ from, to }) => [parseTime(from!), parseTime(to!)])).toEqual([
    [200, 721],
    [80, 600],
    [650, 721],
    [80, 85],
  ]);
});

test("a gap is listed with the spans it lies in, and with no other", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  const startUs = model.nowUs;
  for (const sequence of [0, 2, 4]) {
    model.nowUs = startUs + sequence * 100;
    model.receive(run, sequence, value(1, model.nowUs), model.nowUs);
  }
  model.close(run, CAUSE.NETWORK);
  flush();
  const spans = [
    [0, 400],
    [0, 101],
    [101, 300],
    [101, 301],
    [301, 400],
  ] as const;
  const found = await Promise.all(
    spans.map(([from, to]) => ask({ fromUs: startUs + from, toUs: startUs + to })),
  );
  expect(found.map(({ gaps }) => gaps.map(({ first }) => first))).toEqual([[1, 3], [1], [], [3], []]);
});

test("where nothing is stored there are no buckets", async () => {
  using bed = new StoreBed();
  const { model, device, flush, ask } = startPump(bed);
  model.describe(device, 1, 1, "temperature", "Cel");
  flush();
  expect(await ask({ channel: "temperature" })).toMatchObject({
    from: null,
    to: null,
    buckets: [],
    gaps: [],
    unit: "Cel",
  });
});

test.each([
  ["nothing was ever stored", null],
  ["nothing is stored since", 500],
])(
  "where %s every bucket of an asked span is there, with a start only those until now",
  async (_, heardUs) => {
    using bed = new StoreBed();
    const { model, run, flush, ask } = startPump(bed);
    model.describe(1, 1, 1, "ch1", "");
    if (heardUs !== null) model.receive(run, 0, value(1, heardUs), heardUs);
    flush();
    const shapeOf = ({ from, to, stepSeconds, buckets }: SeriesJson) => [
      parseTime(from!),
      parseTime(to!),
      stepSeconds,
      buckets.map(({ start, count, mean }) => [parseTime(start), count, mean]),
    ];
    const empty = (startUs: number) => [startUs, 0, null];
    const division = { points: 3 };
    expect(shapeOf(await ask({ fromUs: 1000, toUs: 2500, division }))).toEqual([
      1000,
      2500,
      0.0005,
      [1000, 1500, 2000].map(empty),
    ]);
    expect(shapeOf(await ask({ fromUs: 1000, nowUs: 4000, division }))).toEqual([
      1000,
      4000,
      0.001,
      [1000, 2000, 3000].map(empty),
    ]);
  },
);

test("a number whose time is the end of a span is not in it, though its flush lies in the last bucket", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  for (const [sequence, atUs] of [170, 180, 200].entries())
    model.receive(run, 2 * sequence, value(1, atUs), atUs);
  for (const [sequence, atUs] of [
    [1, 190],
    [3, 200],
  ] as const)
    model.recover(run, sequence, 1, atUs);
  flush();
  const { buckets } = await ask({ fromUs: 100, toUs: 200, division: { points: 3 } });
  expect(buckets.map(({ received, recovered, count }) => [received, recovered, count])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [3, 1, 2],
  ]);
});

test.each([
  ["from equal to to", { fromUs: 200, toUs: 200 }, [200, 200]],
  ["from now on", { fromUs: 4000 }, [4000, 4000]],
  ["from a time to come", { fromUs: 9000 }, [9000, 9000]],
  ["until before anything is stored", { toUs: 50 }, [null, 50]],
])("a span without length, %s, has no buckets and is told as it was asked for", async (_, span, told) => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 100), 100);
  model.receive(run, 1, value(1, 300), 300);
  flush();
  for (const division of [{ points: 3 }, { stepUs: 10 }]) {
    const { from, to, buckets } = await ask({ ...span, division });
    expect([from, to].map((time) => time && parseTime(time))).toEqual(told);
    expect(buckets).toEqual([]);
  }
});

test.each([
  [20_000_000, "3ms"],
  [9_998_000, "1ms"],
  [100_000_000_000, "10002ms"],
])(
  "a step that makes more than 10,000 buckets of %d µs is refused, telling one that would do",
  async (lastUs, step) => {
    using bed = new StoreBed();
    const { model, run, flush, ask } = startPump(bed);
    model.receive(run, 0, value(1, 1), 1);
    model.receive(run, 1, value(1, lastUs), lastUs);
    flush();
    await expect(ask({ division: { stepUs: 10 } })).rejects.toMatchObject({
      code: "ERR_SERIES_STEP",
      message: expect.stringContaining(`from ${step} on`),
    });
    const { buckets } = await ask({ division: { stepUs: parseDurationMs(step) * 1000 } });
    expect(buckets.length).toBeGreaterThan(5000);
  },
);

test("a channel goes by its name in each epoch; a name the device never had is no channel", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 100), 100);
  const second = model.run(device, 2);
  model.describe(device, 2, 1, "temperature", "Cel");
  model.describe(device, 2, 2, "pressure", "bar");
  model.receive(second, 0, [...value(2, 200), { channel: 2, value: 3, timeUs: 200 }], 200);
  flush();
  const sum = async (channel: string) =>
    (await ask({ channel })).buckets.reduce((count, bucket) => count + bucket.count, 0);
  expect([await sum("ch1"), await sum("temperature"), await sum("pressure")]).toEqual([1, 1, 1]);
  const unknown = await withReader(bed, (reader) => reader.seriesText({ ...QUERY, channel: "ch9" }, "us"));
  expect(unknown).toBeNull();
});

test("the unit of a channel is that of the latest epoch that describes it; there is none where no epoch does", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 100), 100);
  const later = [2, 3].map((epoch) => model.run(device, epoch));
  for (const [index, each] of later.entries()) model.receive(each, 0, value(1, 200 + index), 200 + index);
  model.describe(device, 2, 1, "temperature", "Cel");
  flush();
  expect((await ask({ channel: "temperature" })).unit).toBe("Cel");
  // that of an epoch before it, which was described late
  model.describe(device, 1, 1, "temperature", "K");
  flush();
  expect((await ask({ channel: "temperature" })).unit).toBe("Cel");
  model.describe(device, 3, 1, "pressure", "bar");
  flush();
  expect([(await ask({ channel: "temperature" })).unit, (await ask({ channel: "pressure" })).unit]).toEqual([
    "Cel",
    "bar",
  ]);
  expect((await ask({ channel: "ch1" })).unit).toBe("");
});

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
