import { expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import { loadLedger } from "../../../db/tables/load.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { countOf, flushOne, idle, reader } from "../../support/retention-steps.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test("readings older than the retention go, are counted expired, and the ledger stays", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let minute = 0; minute < 20; minute++) {
    flushOne(bed, writer, model, () => model.receive(run, minute, [{ channel: 1, value: 1, timeUs: 0 }]));
    bed.clock.advanceMs(MINUTE_MS);
  }
  idle(writer);
  const { counts } = viewOf(writer).fleet();
  expect(counts).toMatchObject({ expected: 20, received: 20, stored: 10, expired: 10, pending: 0 });
  expect(writer.stored).toEqual({ segments: 10, readings: 10 });
  expect(reader(bed).prepare("SELECT count(*) FROM flushes WHERE length(data) > 0").pluck().get()).toBe(10);
});

test("expired counts survive a crash", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: MINUTE_MS, checkpointRows: 1 }));
  const model = new IngestModel();
  const runs = [1, 2, 3].map((index) => model.run(model.device(`pump-${index}`), 1));
  for (let minute = 0; minute < 6; minute++) {
    flushOne(bed, writer, model, () => {
      for (const run of runs) model.receive(run, minute);
    });
    bed.clock.advanceMs(MINUTE_MS);
  }
  const live = viewOf(writer).fleet().counts;
  const db = bed.closing(openForReading(bed.copy()));
  expect(loadLedger(db).sums.counts()).toEqual(live);
  expect(live.expired).toBeGreaterThan(0);
});

test.each([true, false])(
  "a clock that was ahead for a while keeps nothing from going, merged: %s",
  (isMerged) => {
    using bed = new StoreBed();
    const writer = bed.closing(bed.writer({ retentionMs: 24 * HOUR_MS, mergePolicy: { keptBytes: 0 } }));
    const model = new IngestModel();
    const run = model.run(model.device("pump"), 1);
    const receive = (sequence: number): void => {
      flushOne(bed, writer, model, () => model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: 0 }]));
      while (isMerged && mergeOnce(writer, bed.file, 1000));
    };
    const aheadUs = 365 * 24 * HOUR_MS * 1000;
    bed.clock.stepWallUs(aheadUs);
    for (let sequence = 0; sequence < 3; sequence++) receive(sequence);
    bed.clock.stepWallUs(-aheadUs);
    for (let sequence = 3; sequence < 100; sequence++) {
      bed.clock.advanceMs(HOUR_MS);
      receive(sequence);
    }
    idle(writer);
    // two flushes that were merged go together
    expect([25, 26]).toContain(writer.stored.readings);
  },
);

test("datagrams without numbers expire without a count, those of forgotten devices with one", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: MINUTE_MS }));
  const model = new IngestModel();
  const forged = model.device("forged");
  const pump = model.device("pump");
  flushOne(bed, writer, model, () => {
    model.receive(model.run(forged, 1), 5);
    model.receiveUnsequenced(model.run(pump, null, 0, ROW_FLAG.UNSEQUENCED), []);
  });
  flushOne(bed, writer, model, () => model.forget(forged));
  bed.clock.advanceMs(3 * MINUTE_MS);
  idle(writer);
  expect(viewOf(writer).fleet().counts).toMatchObject({ received: 1, stored: 0, expired: 1, unsequenced: 1 });
  expect(viewOf(writer).forgotten().counts).toMatchObject({ received: 1, stored: 0, expired: 1 });
});

test("readings without numbers that go are a commit of their own: what was asked before has changed", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), null, 0, ROW_FLAG.UNSEQUENCED);
  flushOne(bed, writer, model, () =>
    model.receiveUnsequenced(run, [{ channel: 1, value: 1, timeUs: model.nowUs }]),
  );
  idle(writer);
  const before = viewOf(writer).flush;
  bed.clock.advanceMs(3 * MINUTE_MS);
  const outcomes: string[] = [];
  for (let flush = 0; flush < 5; flush++) outcomes.push(writer.flush().outcome);
  expect(writer.stored).toEqual({ segments: 0, readings: 0 });
  expect(viewOf(writer).flush).toBe(before + 1);
  expect(outcomes.at(-1)).toBe("idle");
});

test("of merged segments that are too old one goes per flush", () => {
  using bed = new StoreBed();
  const mergePolicy = { flushesAtOnce: 2, chunkReadings: 1, keptBytes: 0 };
  const writer = bed.closing(bed.writer({ retentionMs: HOUR_MS, mergePolicy }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let flush = 0; flush < 6; flush++)
    flushOne(bed, writer, model, () => model.receive(run, flush, [{ channel: 1, value: 1, timeUs: 1 }]));
  idle(writer);
  while (mergeOnce(writer, bed.file, 1000));
  expect(writer.stored.segments).toBe(3);
  bed.clock.advanceMs(2 * HOUR_MS);
  const left = [1, 2, 3].map(() => {
    writer.flush();
    return writer.stored.segments;
  });
  expect(left).toEqual([2, 1, 0]);
  // what was in them is swept until nothing is left of it
  idle(writer);
  expect(writer.merging.hasLeftovers).toBe(false);
  expect([countOf(bed, "chunk_pages"), countOf(bed, "chunk_heads"), countOf(bed, "leftovers")]).toEqual([
    0, 0, 0,
  ]);
});
