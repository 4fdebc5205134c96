import { expect, test } from "vitest";
import { parseDurationMs } from "../../../common/duration.ts";
import { CAUSE } from "../../../protocol/ledger-row.ts";
import { parseTime } from "../../../protocol/time.ts";
import { type SeriesJson, startPump, value } from "../../support/series-bed.ts";
import { StoreBed } from "../../support/store-bed.ts";

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
  const spans = [{ fromUs: 200 }, { toUs: 600 }, { fromUs: 650 }, { fromUs: 720 }, { toUs: 85 }];
  const found = await Promise.all(spans.map((span) => ask({ ...span, division: { points: 2 } })));
  expect(found.map(({ from, to }) => [parseTime(from!), parseTime(to!)])).toEqual([
    [200, 721],
    [80, 600],
    [650, 721],
    [720, 721],
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

test("a span of fewer microseconds than points has a bucket for each of them", async () => {
  using bed = new StoreBed();
  const { model, run, flush, ask } = startPump(bed);
  for (const sequence of [0, 1, 2]) model.receive(run, sequence, value(sequence, 100 + sequence), 100);
  flush();
  const { buckets } = await ask({ fromUs: 100, toUs: 103, division: { points: 10 } });
  expect(buckets.map(({ mean }) => mean)).toEqual([0, 1, 2]);
});

test.each([
  [1, 20_000_000, "3ms"],
  [1, 9_998_000, "1ms"],
  [1, 100_000_000_000, "10002ms"],
  [500_000_001, 520_000_000, "3ms"],
])(
  "a step that makes more than 10,000 buckets from %d to %d µs is refused, telling one that would do",
  async (firstUs, lastUs, step) => {
    using bed = new StoreBed();
    const { model, run, flush, ask } = startPump(bed);
    model.receive(run, 0, value(1, firstUs), firstUs);
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
