import { expect, test } from "vitest";
import { CAUSE, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { parseTime } from "../../../protocol/time.ts";
import { QUERY, startPump, value, withReader } from "../../support/series-bed.ts";
import { StoreBed } from "../../support/store-bed.ts";

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
