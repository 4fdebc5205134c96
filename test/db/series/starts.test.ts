import { expect, test } from "vitest";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { parseTime } from "../../../protocol/time.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { flushOne, idle } from "../../support/retention-steps.ts";
import { type SeriesJson, seriesOf, startPump, value, withReader } from "../../support/series-bed.ts";
import { spoilFlushes } from "../../support/spoil-segments.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** [epoch, run, time] */
const startsOf = ({ starts }: SeriesJson) => starts.map(({ epoch, run, at }) => [epoch, run, parseTime(at)]);

test("an epoch and a run begin at the earliest time of their datagrams and readings, by the device's clock and whatever arrived first", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 5000), 5000);
  flush();
  const older = model.run(device, 9);
  const split = model.run(device, 9, 1);
  model.receive(older, 0, value(2, 1200), 1100);
  model.receive(split, 500, value(3, 7000), 7100);
  flush();
  // the clock of one was set back, and the other sends readings that are older than its datagram
  model.receive(older, 1, value(2, 1010), 1000);
  model.receive(split, 501, value(3, 6900), 7200);
  flush();
  expect(startsOf(await ask())).toEqual([
    [9, 0, 1000],
    [1, 0, 5000],
    [9, 1, 6900],
  ]);
});

test.each([false, true])("a run begins in one span only, merged: %s", async (isMerged) => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ mergePolicy: { keptBytes: 0 } }));
  const model = new IngestModel();
  const [pump, other] = [model.device("pump"), model.device("other")];
  // of a device whose clock is wrong in all of them: how far a flush reaches says little of the others
  const wrong = model.run(other, 1);
  const flush = (number: number): void => {
    model.receive(wrong, number, value(1, 1), 1);
    writer.accept(model.seal());
    writer.flush();
  };
  for (let epoch = 0; epoch < 4; epoch++) {
    const run = model.run(pump, epoch);
    for (let number = 0; number < 40; number++) {
      const at = 1000 * (epoch + 1) + 10 * number;
      model.receive(run, number, value(number, at), at);
      flush(epoch * 40 + number);
    }
  }
  while (isMerged && mergeOnce(writer, bed.file, 15));
  await withReader(bed, async (reader) => {
    const ask = async (fromUs: number, toUs: number) =>
      startsOf(await seriesOf(reader, { fromUs, toUs, division: { points: 1 } }));
    expect(await ask(1000, 4001)).toEqual([0, 1, 2, 3].map((epoch) => [epoch, 0, 1000 * (epoch + 1)]));
    expect(await ask(1001, 2000)).toEqual([]);
    expect(await ask(2000, 2001)).toEqual([[1, 0, 2000]]);
    expect(await ask(3390, 9000)).toEqual([[3, 0, 4000]]);
  });
});

test("a run whose beginning was removed, or is damaged, begins nowhere; the others are told", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10_000 }));
  const model = new IngestModel();
  const pump = model.device("pump");
  const [removed, damaged, whole] = [model.run(pump, 1), model.run(pump, 2), model.run(pump, 3)];
  const receive = (run: ModelRun, number: number): void =>
    flushOne(bed, writer, model, () => model.receive(run, number, value(1, model.nowUs), model.nowUs));
  receive(removed, 0);
  bed.clock.advanceMs(9000);
  receive(removed, 1);
  receive(damaged, 0);
  bed.clock.advanceMs(2000);
  receive(damaged, 1);
  receive(whole, 0);
  idle(writer);
  const atUs = bed.clock.wallUs();
  const ask = (query: { fromUs?: number }) => withReader(bed, (reader) => seriesOf(reader, query));
  expect(startsOf(await ask({}))).toEqual([
    [2, 0, atUs - 2_000_000],
    [3, 0, atUs],
  ]);
  spoilFlushes(bed.file, [3]);
  const { starts, buckets } = await ask({ fromUs: atUs - 1_000_000 });
  expect(starts).toMatchObject([{ epoch: 3, run: 0 }]);
  expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(2);
});

test("datagrams without numbers do not tell when a device began anew", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush, ask } = startPump(bed);
  model.receive(run, 0, value(1, 1000), 1000);
  model.receiveUnsequenced(model.run(device, null, 0, ROW_FLAG.UNSEQUENCED), value(7, 2000), 2000);
  flush();
  expect(startsOf(await ask())).toEqual([[1, 0, 1000]]);
});

test("of more starts than are listed some from all over the span are, by time and with the newest, and the others are counted", async () => {
  using bed = new StoreBed();
  const { model, device, flush, ask } = startPump(bed);
  for (let epoch = 2; epoch < 3002; epoch++)
    model.receive(model.run(device, epoch), 0, value(1, epoch), epoch);
  flush();
  const found = await ask();
  expect([found.starts.length, found.startsLeftOut]).toEqual([1000, 2000]);
  expect(startsOf(found).map(([epoch]) => epoch)).toEqual(
    Array.from({ length: 1000 }, (_, index) => 4 + 3 * index),
  );
});
