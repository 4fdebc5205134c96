import Database from "better-sqlite3";
import { expect, test } from "vitest";
import type { Completeness } from "../../../db/query/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { openArchive } from "../../../db/restore/archive.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { countOf, flushOne, idle, reader } from "../../support/retention-steps.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How complete the readings of an hour from an instant on are. */
const completenessOf = async (bed: StoreBed, fromUs: number): Promise<Completeness> => {
  const store = openReadOnly(bed.file);
  try {
    const toUs = fromUs + HOUR_MS * 1000;
    const query = {
      device: "pump",
      channels: [],
      fromUs,
      toUs,
      order: "asc",
      limit: 100,
      after: null,
    } as const;
    const { completeness } = await store.reader.readings(query);
    return completeness;
  } finally {
    store.close();
  }
};

/** Numbers 0 to 9 come every five minutes, 50 numbers are lost after the third; then all flushes are merged into as few segments as may be. */
const mergedWithHole = (bed: StoreBed, writer: Writer, model: IngestModel): void => {
  const run = model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT);
  for (let index = 0; index < 10; index++) {
    bed.clock.advanceMs(5 * MINUTE_MS);
    flushOne(bed, writer, model, () => {
      model.receive(run, index < 3 ? index : index + 50, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
      model.close(run);
    });
  }
  while (mergeOnce(writer, bed.file, 1000));
};

test("gap rows that go are a commit, also when nothing else does: what was asked before has changed", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  // more rows than one transaction folds
  const rows = 2500;
  flushOne(bed, writer, model, () => {
    for (let sequence = 0; sequence <= 2 * rows; sequence += 2) model.receive(run, sequence);
  });
  bed.clock.advanceMs(5 * MINUTE_MS);
  flushOne(bed, writer, model, () => model.close(run));
  bed.clock.advanceMs(6 * MINUTE_MS);
  idle(writer);
  // the readings are gone, the gaps were closed later
  expect([writer.stored.readings, countOf(bed, "gaps")]).toEqual([0, rows]);
  bed.clock.advanceMs(5 * MINUTE_MS);
  const seen = new Set([`${viewOf(writer).flush} ${rows}`]);
  while (writer.flush().outcome !== "idle") seen.add(`${viewOf(writer).flush} ${countOf(bed, "gaps")}`);
  expect(countOf(bed, "gaps")).toBe(0);
  expect(new Set(Array.from(seen, (each) => each.split(" ")[0])).size).toBe(seen.size);
});

test("old gap rows become counts per cause, and a restart raises the floor above what cannot be told apart", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  flushOne(bed, writer, model, () => {
    model.receive(run, 0);
    model.receive(run, 4);
    model.close(run, CAUSE.QUEUE_OVERFLOW);
    model.receive(run, 2);
  });
  bed.clock.advanceMs(20 * MINUTE_MS);
  flushOne(bed, writer, model, () => {
    model.receive(run, 8);
    model.close(run, CAUSE.QUEUE_OVERFLOW);
  });
  // the first segment goes once no replay needs it, its gap rows with it
  idle(writer);
  const db = reader(bed);
  expect(db.prepare("SELECT state, gaps, numbers, last FROM folded_gaps ORDER BY state").all()).toEqual([
    { state: "filled", gaps: 1, numbers: 1, last: 2 },
    { state: "lost", gaps: 2, numbers: 2, last: 3 },
  ]);
  expect(viewOf(writer).fleet().counts).toMatchObject({ lost: 5, received: 4 });
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const device = archive.load("pump");
  expect(device!.runs[0]!.row[ROW.FLOOR]).toBe(4);
  expect(device!.runs[0]!.absent).toMatchObject([
    { first: 5, last: 7, state: "lost", cause: CAUSE.QUEUE_OVERFLOW },
  ]);
});

test("the floor is above all gap rows that became counts, in whatever order they were closed", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  flushOne(bed, writer, model, () => {
    for (const number of [0, 2, 6]) model.receive(run, number);
    // what is asked for waits longer than what came after it
    model.close(run, CAUSE.NETWORK, 3);
    model.close(run, CAUSE.NETWORK);
  });
  bed.clock.advanceMs(20 * MINUTE_MS);
  flushOne(bed, writer, model, () => model.receive(run, 7));
  idle(writer);
  const folded = reader(bed).prepare("SELECT gaps, numbers, last FROM folded_gaps").all();
  expect(folded).toEqual([{ gaps: 2, numbers: 4, last: 5 }]);
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  expect(archive.load("pump")!.runs).toMatchObject([{ row: { [ROW.FLOOR]: 6 }, absent: [] }]);
});

test("what is missing below a gap row that became a count is missing after a restart, not forgotten", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  flushOne(bed, writer, model, () => {
    model.receive(run, 0);
    model.receive(run, 3);
    model.receive(run, 5);
    model.close(run, CAUSE.GONE, 4);
  });
  bed.clock.advanceMs(20 * MINUTE_MS);
  flushOne(bed, writer, model, () => model.receive(run, 6));
  idle(writer);
  expect(viewOf(writer).fleet().counts).toMatchObject({ missing: 2, lost: 1 });
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const [known] = archive.load("pump")!.runs;
  expect(known!.row[ROW.FLOOR]).toBe(5);
  expect(known!.absent).toMatchObject([{ first: 1, last: 2, state: "open" }]);
});

test("gap rows stay as long as readings around them are stored, and go with these", async () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const mergePolicy = { flushesAtOnce: 8, keptBytes: 0 };
  const writer = bed.closing(bed.writer({ retentionMs: 20 * HOUR_MS, mergePolicy }));
  const startUs = bed.clock.wallUs();
  mergedWithHole(bed, writer, model);
  const whole = { expected: 60, received: 10, missing: 0, lost: 50 };
  expect(await completenessOf(bed, startUs)).toMatchObject(whole);
  // the gap is too old, the segment that holds its neighbours is not yet
  bed.clock.advanceMs(20 * HOUR_MS - 22 * MINUTE_MS);
  const run = model.runs.get(1)!;
  flushOne(bed, writer, model, () => model.receive(run, 60));
  idle(writer);
  expect(await completenessOf(bed, startUs)).toMatchObject(whole);
  expect(countOf(bed, "gaps")).toBe(1);
  bed.clock.advanceMs(HOUR_MS);
  flushOne(bed, writer, model, () => model.receive(run, 61));
  idle(writer);
  expect(await completenessOf(bed, startUs)).toMatchObject({ expected: 0, received: 0, lost: 0 });
  expect([countOf(bed, "gaps"), countOf(bed, "folded_gaps")]).toEqual([0, 1]);
  expect(viewOf(writer).fleet().counts).toMatchObject({ lost: 50, received: 12, expired: 10 });
});

test("when nothing is stored any more gap rows go by age", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  flushOne(bed, writer, model, () => {
    model.receive(run, 0);
    model.receive(run, 4);
  });
  bed.clock.advanceMs(5 * MINUTE_MS);
  flushOne(bed, writer, model, () => model.close(run));
  bed.clock.advanceMs(6 * MINUTE_MS);
  idle(writer);
  expect([writer.stored.segments, countOf(bed, "gaps")]).toEqual([0, 1]);
  bed.clock.advanceMs(6 * MINUTE_MS);
  flushOne(bed, writer, model, () =>
    model.receiveUnsequenced(model.run(model.device("fan"), null, 0, ROW_FLAG.UNSEQUENCED), []),
  );
  expect(countOf(bed, "gaps")).toBe(0);
});

test("gap rows and events go as fast as they come, however many a flush brings", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const device = model.device("pump");
  const perFlush = 2000;
  for (let flush = 0; flush < 40; flush++) {
    bed.clock.advanceMs(MINUTE_MS);
    const run = model.run(device, flush);
    flushOne(bed, writer, model, () => {
      for (let index = 0; index < perFlush; index++) {
        model.receive(run, run.row[ROW.HIGH_WATER]! + 2);
        model.event(device, "sleep");
      }
      model.close(run);
    });
  }
  // of ten minutes, and what has been put off until a step found it
  const kept = 20 * perFlush;
  expect(countOf(bed, "gaps")).toBeLessThan(kept);
  expect(countOf(bed, "events")).toBeLessThan(kept);
});

test("events dated in the future are as old as those behind them, and keep none of these", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: HOUR_MS }));
  const model = new IngestModel();
  const device = model.device("pump");
  const eventAt = (aheadMs: number): void =>
    flushOne(bed, writer, model, () => {
      model.nowUs += aheadMs * 1000;
      model.event(device, "restart");
    });
  for (const aheadMs of [0, 1000 * HOUR_MS, 0]) eventAt(aheadMs);
  bed.clock.advanceMs(HOUR_MS / 2);
  for (const aheadMs of [1000 * HOUR_MS, 0]) eventAt(aheadMs);
  expect(countOf(bed, "events")).toBe(5);
  bed.clock.advanceMs(HOUR_MS / 2 + 1);
  eventAt(0);
  expect(countOf(bed, "events")).toBe(3);
  bed.clock.advanceMs(HOUR_MS + 1);
  // nothing behind it says how old it is
  eventAt(1000 * HOUR_MS);
  eventAt(1000 * HOUR_MS);
  expect(countOf(bed, "events")).toBe(2);
});

test("a million events are kept, also where nothing is too old", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  for (let event = 0; event < 3; event++) model.event(null, "restart");
  writer.accept(model.seal());
  writer.flush();
  const db = bed.closing(new Database(bed.file));
  const numbers = db.prepare("SELECT event FROM events").pluck();
  const before = numbers.all() as number[];
  db.prepare("UPDATE events SET event = ? WHERE event = ?").run(before[1]! + 1_000_000, before.at(-1));
  model.event(null, "restart");
  writer.accept(model.seal());
  writer.flush();
  writer.flush();
  expect(numbers.all()).toEqual([before[1]! + 1_000_000, before[1]! + 1_000_001]);
});

test("however much is too old, a flush removes no more than 32,000 events", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: HOUR_MS }));
  const db = bed.closing(new Database(bed.file));
  db.exec(
    `INSERT INTO events (at, kind, detail) SELECT 1, 'restart', '{}' FROM
       (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n)`,
  );
  const model = new IngestModel({ nowUs: bed.clock.wallUs() });
  const run = model.run(model.device("pump"), 1);
  const removed: number[] = [];
  for (let flush = 0; flush < 10; flush++) {
    const before = countOf(bed, "events");
    flushOne(bed, writer, model, () => model.receive(run, flush));
    removed.push(before - countOf(bed, "events"));
  }
  expect(removed).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000, 32_000, 32_000]);
});
