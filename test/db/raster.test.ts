import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openForReading } from "../../db/file/open.ts";
import type { RasterRun } from "../../db/query/query-types.ts";
import { queryRaster } from "../../db/query/raster-query.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { DeviceSummary } from "../../db/view/device-summary.ts";
import { CAUSE, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../support/ingest-model.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const UNLIMITED = { checkTime: () => {} };

interface Bed {
  bed: StoreBed;
  model: IngestModel;
  device: number;
  run: ModelRun;
  raster(size: number, blocks: number): Promise<readonly RasterRun[]>;
}

const withPump = async (play: (pump: Bed) => Promise<void>): Promise<void> => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  const writer = bed.closing(bed.writer());
  await play({
    bed,
    model,
    device,
    run,
    async raster(size, blocks) {
      writer.accept(model.seal());
      writer.flush();
      const store = openReadOnly(bed.file);
      try {
        const [found] = await store.reader.raster({ devices: ["pump"], size, blocks });
        return found!.runs;
      } finally {
        store.close();
      }
    },
  });
};

test("what came because it was asked for is recovered, what came by itself after it was lost is late", async () => {
  await withPump(async ({ model, run, raster }) => {
    for (const sequence of [0, 6]) model.receive(run, sequence);
    model.recover(run, 2, 1);
    model.close(run, CAUSE.NETWORK);
    model.receive(run, 4);
    const [{ blocks }] = (await raster(10, 100)) as [RasterRun];
    expect(blocks).toMatchObject([{ block: 0, missing: 0, recovered: 1, late: 1, causes: { network: 3 } }]);
  });
});

test("numbers that are here make no block, absent ones are counted in the block they lie in", async () => {
  await withPump(async ({ model, run, raster }) => {
    for (const sequence of [0, 1, 2, 8, 9, 10, 14]) model.receive(run, sequence);
    expect(await raster(5, 100)).toMatchObject([
      {
        epoch: 1,
        run: 0,
        first: 0,
        last: 14,
        blocks: [
          { block: 0, missing: 2 },
          { block: 1, missing: 3 },
          { block: 2, missing: 3 },
        ],
      },
    ]);
  });
});

test("only the newest blocks are looked at, over the runs", async () => {
  await withPump(async ({ model, device, run, raster }) => {
    for (let sequence = 0; sequence < 40; sequence++) model.receive(run, sequence);
    const next = model.run(device, 2, 0, ROW_FLAG.CURRENT);
    for (let sequence = 0; sequence < 15; sequence++) model.receive(next, sequence);
    const runs = await raster(10, 3);
    expect(runs.map(({ epoch, first, last }) => [epoch, first, last])).toEqual([
      [1, 30, 39],
      [2, 0, 14],
    ]);
  });
});

test("a device nobody knows has no run", async () => {
  await withPump(async ({ bed, raster }) => {
    await raster(10, 10);
    const store = openReadOnly(bed.file);
    expect(await store.reader.raster({ devices: ["nobody"], size: 10, blocks: 10 })).toEqual([
      { device: "nobody", runs: [] },
    ]);
    store.close();
  });
});

test("below what retention has folded nothing is said, of lost and of filled rows", async () => {
  const show = async (play: (model: IngestModel, run: ModelRun) => void): Promise<RasterRun> => {
    using bed = new StoreBed();
    const model = new IngestModel();
    const writer = bed.closing(bed.writer({ retentionMs: 60_000 }));
    const run = model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT);
    const flush = (): void => {
      writer.accept(model.seal());
      writer.flush();
    };
    play(model, run);
    flush();
    bed.clock.advanceMs(3_600_000);
    model.nowUs = bed.clock.wallUs();
    for (const sequence of [11, 13]) model.receive(run, sequence);
    flush();
    writer.flush();
    const store = openReadOnly(bed.file);
    const [found] = await store.reader.raster({ devices: ["pump"], size: 10, blocks: 10 });
    store.close();
    return found!.runs[0]!;
  };
  const lost = await show((model, run) => {
    for (const sequence of [0, 1, 10]) model.receive(run, sequence);
    model.close(run);
  });
  expect(lost).toMatchObject({ first: 0, last: 13, exactFrom: 10, blocks: [{ block: 1, missing: 1 }] });
  const filled = await show((model, run) => {
    for (const sequence of [0, 1, 3, 10]) model.receive(run, sequence);
    for (let sequence = 2; sequence < 10; sequence++) {
      if (sequence !== 3) model.recover(run, sequence, 1);
    }
  });
  expect(filled).toMatchObject({ exactFrom: 10, blocks: [{ block: 1, missing: 1 }] });
});

test.each([
  ["open", false],
  ["closed", true],
] as const)("below %s gaps that were too many to be looked at nothing is said", async (_, isClosed) => {
  await withPump(async ({ bed, model, run, raster }) => {
    for (let sequence = 0; sequence <= 400; sequence += 2) model.receive(run, sequence);
    if (isClosed) model.close(run, CAUSE.NETWORK);
    await raster(100, 5);
    const db = openForReading(bed.file);
    const find = (maxRows: number) =>
      queryRaster(db, { size: 100, spans: [{ run: run.run, first: 0, last: 400 }], maxRows }, UNLIMITED)[0]!;
    const found = [find(125), find(201)];
    db.close();
    const absent = found.map(({ exactFrom, blocks }) => [
      exactFrom,
      ...blocks.map(({ block, missing, causes }) => [block, missing + causes.network]),
    ]);
    expect(absent).toEqual([
      [151, [1, 25], [2, 50], [3, 50]],
      [0, [0, 50], [1, 50], [2, 50], [3, 50]],
    ]);
  });
});

describe("against sets of numbers", () => {
  test("each block counts what the model has in it", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 2, maxLength: 120 }),
      fc.integer({ min: 1, max: 17 }),
      fc.integer({ min: 1, max: 20 }),
      async (present, size, blocks) =>
        withPump(async ({ model, run, raster }) => {
          for (const [sequence, isHere] of present.entries()) if (isHere) model.receive(run, sequence);
          if (run.received.size === 0) return;
          model.close(run, CAUSE.NETWORK);
          const lost = new Set(run.lost.keys());
          const [found] = await raster(size, blocks);
          const highest = Math.max(...run.received);
          const lastBlock = Math.floor(highest / size);
          for (let block = Math.max(0, lastBlock - blocks + 1); block <= lastBlock; block++) {
            const numbers = Array.from({ length: size }, (_, index) => block * size + index);
            const expected = numbers.filter((number) => lost.has(number)).length;
            const shown = found!.blocks.find((one) => one.block === block);
            expect(shown?.causes.network ?? 0).toBe(expected);
          }
        }),
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

test("a pass over the devices sums their runs and knows the one each is heard on", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const writer = bed.closing(bed.writer());
  const pump = model.device("pump");
  const old = model.run(pump, 7);
  for (const sequence of [0, 1, 4]) model.receive(old, sequence);
  const now = model.run(pump, 8, 0, ROW_FLAG.CURRENT);
  model.receive(now, 0);
  model.device("fan");
  writer.accept(model.seal());
  writer.flush();
  const seen: Pick<DeviceSummary, "id" | "epoch" | "expected" | "received" | "missing">[] = [];
  viewOf(writer).visitDevices(({ id, epoch, expected, received, missing }) =>
    seen.push({ id, epoch, expected, received, missing }),
  );
  expect(seen).toEqual([
    { id: "fan", epoch: null, expected: 0, received: 0, missing: 0 },
    { id: "pump", epoch: 8, expected: 6, received: 4, missing: 2 },
  ]);
});
