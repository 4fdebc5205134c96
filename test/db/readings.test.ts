import fc from "fast-check";
import { expect, test } from "vitest";
import type { Position, ReadingRow, ReadingsQuery } from "../../db/query/query-types.ts";
import { MOST_PAGE_BYTES } from "../../db/query/readings-request.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { Reader } from "../../db/readers/reader.ts";
import type { WriterOptions } from "../../db/writer/writer.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { CAUSE, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { StoreBed } from "../support/store-bed.ts";

const ALL: ReadingsQuery = {
  device: "pump",
  channels: [],
  fromUs: null,
  toUs: null,
  order: "asc",
  limit: 10_000,
  after: null,
};

const reading = async <T>(bed: StoreBed, ask: (reader: Reader) => Promise<T>): Promise<T> => {
  const store = openReadOnly(bed.file);
  try {
    return await ask(store.reader);
  } finally {
    store.close();
  }
};

const startPump = (bed: StoreBed, options: Partial<WriterOptions> = {}) => {
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  const writer = bed.closing(bed.writer(options));
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  return { model, device, run, flush, writer };
};

const sequences = (rows: readonly ReadingRow[]): (number | null)[] => rows.map(({ sequence }) => sequence);

test("readings come by sequence number, whatever the order of arrival and the flush", async () => {
  using bed = new StoreBed();
  const { model, run, flush } = startPump(bed);
  for (const sequence of [0, 3, 1, 5, 2, 4]) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: model.nowUs }]);
    flush();
  }
  expect(sequences((await reading(bed, (reader) => reader.readings(ALL))).readings)).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
  const newest = await reading(bed, (reader) => reader.readings({ ...ALL, order: "desc", limit: 2 }));
  expect(sequences(newest.readings)).toEqual([5, 4]);
});

test("readings of one datagram with one time are one row, named by the epoch's descriptions", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush } = startPump(bed);
  model.describe(device, 1, 1, "temperature", "Cel");
  model.receive(run, 0, [
    { channel: 1, value: 21.5, timeUs: 100 },
    { channel: 2, value: 1, timeUs: 100, type: VALUE_TYPE.BOOL },
    { channel: 1, value: 22, timeUs: 200 },
    { channel: 1, value: 23, timeUs: 200 },
  ]);
  const other = model.run(device, 2);
  model.receive(other, 7, [{ channel: 1, value: 5, timeUs: 300 }]);
  flush();
  const { readings } = await reading(bed, (reader) => reader.readings(ALL));
  expect(readings).toEqual([
    { timeUs: 100, epoch: 1, run: 0, sequence: 0, names: ["temperature", "ch2"], values: [21.5, true] },
    { timeUs: 200, epoch: 1, run: 0, sequence: 0, names: ["temperature"], values: [22] },
    { timeUs: 200, epoch: 1, run: 0, sequence: 0, names: ["temperature"], values: [23] },
    { timeUs: 300, epoch: 2, run: 0, sequence: 7, names: ["ch1"], values: [5] },
  ]);
});

test("channels are chosen by name, rows without one of them are left out", async () => {
  using bed = new StoreBed();
  const { model, device, run, flush } = startPump(bed);
  model.describe(device, 1, 1, "temperature");
  model.receive(run, 0, [
    { channel: 1, value: 1, timeUs: 100 },
    { channel: 2, value: 2, timeUs: 100 },
  ]);
  model.receive(run, 1, [{ channel: 2, value: 3, timeUs: 200 }]);
  flush();
  const { readings } = await reading(bed, (reader) => reader.readings({ ...ALL, channels: ["temperature"] }));
  expect(readings).toMatchObject([{ sequence: 0, names: ["temperature"], values: [1] }]);
});

test("a device's channel names are those its epochs gave, and its number's of one that had none where it has readings", async () => {
  using bed = new StoreBed();
  const mergePolicy = { chunkReadings: 1000, flushesAtOnce: 3, segmentsAtOnce: 2, keptBytes: 0 };
  const { model, device, run, flush, writer } = startPump(bed, { mergePolicy });
  const names = () => reading(bed, (reader) => reader.channelNames("pump"));
  model.describe(device, 1, 1, "level");
  model.receive(run, 0, [{ channel: 1, value: 1, timeUs: 100 }]);
  const second = model.run(device, 2);
  model.describe(device, 2, 1, "pressure");
  model.describe(device, 2, 2, "level");
  model.describe(device, 2, 3, "flow");
  const all = [1, 2, 3].map((channel) => ({ channel, value: 2, timeUs: 200 }));
  model.receive(second, 0, all);
  flush();
  // no channel 2 or 3 in the first epoch, no matter what they are called in the second
  expect((await names()).toSorted()).toEqual(["flow", "level", "pressure"]);
  const nameless = model.run(device, 3);
  model.receive(nameless, 0, [{ channel: 3, value: 3, timeUs: 300 }]);
  flush();
  const last = model.run(device, 4);
  for (const [channel, name] of ["pressure", "level", "flow"].entries())
    model.describe(device, 4, channel + 1, name);
  model.receive(last, 0, all);
  flush();
  expect((await names()).toSorted()).toEqual(["ch3", "flow", "level", "pressure"]);
  while (writer.flush().outcome !== "idle");
  expect(mergeOnce(writer, bed.file, 1000)).toBe(true);
  expect((await names()).toSorted()).toEqual(["ch3", "flow", "level", "pressure"]);
  expect(await reading(bed, (reader) => reader.channelNames("nobody"))).toEqual([]);
});

test("datagrams without numbers have no sequence in the answer and keep their order of arrival", async () => {
  using bed = new StoreBed();
  const { model, device, flush } = startPump(bed);
  const run = model.run(device, null, 0, ROW_FLAG.UNSEQUENCED);
  for (let index = 0; index < 4; index++) {
    model.receiveUnsequenced(run, [{ channel: 1, value: index, timeUs: 1000 - index }]);
    if (index % 2 === 1) flush();
  }
  const { readings } = await reading(bed, (reader) => reader.readings(ALL));
  expect(readings.map(({ sequence, epoch, values }) => [sequence, epoch, values[0]])).toEqual([
    [null, null, 0],
    [null, null, 1],
    [null, null, 2],
    [null, null, 3],
  ]);
});

test("a span of time is inclusive at its beginning and exclusive at its end, by reading time", async () => {
  using bed = new StoreBed();
  const { model, run, flush } = startPump(bed);
  for (let sequence = 0; sequence < 6; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 0, timeUs: sequence * 100 }]);
    flush();
  }
  const query = { ...ALL, fromUs: 200, toUs: 400 };
  expect(sequences((await reading(bed, (reader) => reader.readings(query))).readings)).toEqual([2, 3]);
});

test("pages joined by their cursors are the whole list, in both orders, for any arrival, and while more arrives", async () => {
  const plan = fc.record({
    arrivals: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 5, maxLength: 60 }),
    flushEvery: fc.integer({ min: 1, max: 8 }),
    limit: fc.integer({ min: 1, max: 7 }),
    // a row of one value is taken for 99: none, one or three of them, or as many as `limit` says
    mostBytes: fc.constantFrom(1, 99, 300, 10_000),
    order: fc.constantFrom("asc" as const, "desc" as const),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ arrivals, flushEvery, limit, mostBytes, order }) => {
      using bed = new StoreBed();
      const { model, device, run, flush } = startPump(bed);
      const second = model.run(device, 2);
      for (const [index, sequence] of arrivals.entries()) {
        const target: ModelRun = index % 5 === 4 ? second : run;
        if (sequence < target.row[2]!) continue;
        model.receive(target, sequence, [
          { channel: 1, value: sequence, timeUs: 1000 },
          { channel: 1, value: -sequence, timeUs: 2000 },
        ]);
        if (index % 3 === 2) model.close(target, CAUSE.NETWORK);
        if (index % flushEvery === 0) flush();
      }
      flush();
      const expected = [run, second].flatMap((each) =>
        [...each.received]
          .sort((a, b) => a - b)
          .flatMap((sequence) => [
            [each.epoch, sequence, sequence],
            [each.epoch, sequence, -sequence],
          ]),
      );
      if (order === "desc") expected.reverse();
      const rows: ReadingRow[] = [];
      let after: Position | null = null;
      do {
        const query: ReadingsQuery = { ...ALL, order, limit, mostBytes, after };
        const page = await reading(bed, (reader) => reader.readings(query));
        expect(page.readings.length).toBeLessThanOrEqual(
          Math.min(limit, Math.max(1, Math.floor(mostBytes / 99))),
        );
        rows.push(...page.readings);
        after = page.next;
        // what arrives above the end of an ascending list may join it; a descending one has passed it
        if (order === "desc") {
          model.receive(second, second.row[3]! + 1, [{ channel: 1, value: 0, timeUs: 0 }]);
          flush();
        }
      } while (after !== null);
      const wanted = new Set(expected.map((row) => row.join()));
      const found = rows
        .map(({ epoch, sequence, values }) => [epoch, sequence, values[0]])
        .filter((row) => wanted.has(row.join()));
      expect(found).toEqual(expected);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 1500 },
  );
});

test("a page of a device with very many channels is shorter than its limit, and bounded as text", async () => {
  using bed = new StoreBed();
  const { model, run, flush } = startPump(bed);
  const channels = Array.from({ length: 1024 }, (_, channel) => channel);
  for (let sequence = 0; sequence < 800; sequence++) {
    model.receive(
      run,
      sequence,
      channels.map((channel) => ({ channel, value: sequence + channel / 8, timeUs: sequence })),
    );
    if (sequence % 16 === 15) flush();
  }
  const pages: number[] = [];
  let after: Position | null = null;
  do {
    const page = await reading(bed, (reader) => reader.readings({ ...ALL, after }));
    expect(JSON.stringify(page.readings).length).toBeLessThan(2 * MOST_PAGE_BYTES);
    pages.push(page.readings.length);
    after = page.next;
  } while (after !== null);
  expect(pages.reduce((sum, rows) => sum + rows)).toBe(800);
  expect(pages).toHaveLength(2);
});

test("completeness of a span counts received numbers by datagram time and places absent ones between their neighbours", async () => {
  using bed = new StoreBed();
  const { model, run, flush } = startPump(bed);
  const at = model.nowUs;
  model.receive(run, 0, [], at);
  model.receive(run, 1, [], at + 1_000_000);
  flush();
  model.receive(run, 2, [], at + 2_000_000);
  model.receive(run, 4, [], at + 4_000_000);
  flush();
  const ask = (fromUs: number | null, toUs: number | null) =>
    reading(bed, async (reader) => (await reader.readings({ ...ALL, fromUs, toUs })).completeness);
  expect(await ask(at + 1_000_000, at + 3_000_000)).toMatchObject({ received: 2, missing: 0, expected: 2 });
  expect(await ask(null, at + 3_000_001)).toMatchObject({ received: 3, missing: 1, lost: 0, expected: 4 });
  model.close(run);
  flush();
  expect(await ask(null, at + 3_000_000)).toMatchObject({ received: 3, missing: 0, lost: 0, expected: 3 });
  expect(await ask(null, at + 3_000_001)).toMatchObject({ received: 3, missing: 0, lost: 1, expected: 4 });
  expect(await ask(null, null)).toMatchObject({ received: 4, lost: 1, expected: 5, missing: 0 });
});

test("a device nobody knows has no readings", async () => {
  using bed = new StoreBed();
  startPump(bed).flush();
  const page = await reading(bed, (reader) => reader.readings({ ...ALL, device: "nobody" }));
  expect(page).toMatchObject({ readings: [], next: null, completeness: { expected: 0 } });
});
