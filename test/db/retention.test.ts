import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openArchive } from "../../db/archive.ts";
import { loadLedger } from "../../db/load.ts";
import { openForReading, type Sqlite } from "../../db/open.ts";
import type { Completeness } from "../../db/query-types.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { usedBytes } from "../../db/retention.ts";
import type { Writer } from "../../db/writer.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** One flush with this run's next number, at the clock's time. */
const flushOne = (bed: StoreBed, writer: Writer, model: IngestModel, act: () => void): void => {
  model.nowUs = bed.clock.wallUs();
  act();
  writer.accept(model.seal());
  writer.flush();
};

const idle = (writer: Writer): void => {
  while (writer.flush().outcome !== "idle");
};

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

const countOf = (bed: StoreBed, table: string): number =>
  reader(bed).prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;

const reader = (bed: StoreBed): Sqlite => bed.closing(openForReading(bed.file));

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

test("above the size cap the oldest readings go until the pages in use fit, and the file shrinks", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const fill = (writer: Writer, flushes: number): void => {
    for (let flush = 0; flush < flushes; flush++) {
      flushOne(bed, writer, model, () => {
        for (let index = 0; index < 2000; index++) {
          const readings = [{ channel: 1, value: Math.random(), timeUs: Math.floor(Math.random() * 1e15) }];
          model.receive(run, run.row[ROW.HIGH_WATER]! + 1, readings);
        }
      });
    }
  };
  const unbounded = bed.writer();
  fill(unbounded, 30);
  unbounded.close();
  const sizeOf = (): number => {
    const db = openForReading(bed.file);
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.close();
    return pages * 8192;
  };
  const before = sizeOf();
  const maxBytes = Math.floor(before / 3);
  const writer = bed.closing(bed.writer({ maxBytes }));
  idle(writer);
  fill(writer, 3);
  idle(writer);
  expect(viewOf(writer).fleet().counts.expired).toBeGreaterThan(0);
  const used = reader(bed).prepare("SELECT sum(bytes) FROM segments").pluck().get() as number;
  expect(used).toBeLessThan(maxBytes);
  expect(writer.stored.segments).toBeGreaterThan(0);
});

test("above the size cap no more than the excess goes, also where what goes is deleted a part per flush", () => {
  using bed = new StoreBed();
  const mergePolicy = { flushesAtOnce: 2, flushMemoryAtOnce: 2 ** 30, keptBytes: 0 };
  const unbounded = bed.writer({ mergePolicy });
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  // three merged segments of about 6 MiB each, of which a flush deletes 4 MiB
  for (let flush = 0; flush < 6; flush++) {
    for (let batch = 0; batch < 40; batch++) {
      model.nowUs = bed.clock.wallUs();
      for (let index = 0; index < 1000; index++) {
        const readings = Array.from({ length: 10 }, (_, channel) => ({
          channel,
          value: Math.random(),
          timeUs: 1,
        }));
        model.receive(run, run.row[ROW.HIGH_WATER]! + 1, readings);
      }
      unbounded.accept(model.seal());
    }
    unbounded.flush();
    while (mergeOnce(unbounded, bed.file, 1000));
  }
  unbounded.close();
  const db = openForReading(bed.file);
  const used = usedBytes(db);
  db.close();
  const writer = bed.closing(bed.writer({ maxBytes: used - 5 * 2 ** 20 }));
  expect(writer.stored.segments).toBe(3);
  idle(writer);
  expect(writer.stored.segments).toBe(2);
  // all heads of the run, which are in many rows
  expect(viewOf(writer).fleet().counts).toMatchObject({
    received: 240_000,
    stored: 160_000,
    expired: 80_000,
  });
});

test("above the size cap as many flushes go as make up the excess, and no more", () => {
  using bed = new StoreBed();
  const maxBytes = 2 ** 20;
  const writer = bed.closing(bed.writer({ maxBytes }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const db = reader(bed);
  for (let flush = 0; flush < 40; flush++) {
    flushOne(bed, writer, model, () => {
      for (let index = 0; index < 4000; index++) {
        const readings = [{ channel: 1, value: Math.random(), timeUs: 1 }];
        model.receive(run, run.row[ROW.HIGH_WATER]! + 1, readings);
      }
    });
    idle(writer);
    if (writer.stored.segments <= flush) expect(usedBytes(db)).toBeGreaterThan(0.9 * maxBytes);
    expect(usedBytes(db)).toBeLessThanOrEqual(maxBytes);
  }
  expect(writer.stored.segments).toBeGreaterThan(20);
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

test("a size cap below what the ledger takes is told, and no longer once it is less", () => {
  using bed = new StoreBed();
  const maxBytes = 2 ** 20;
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const flush = (writer: Writer): number | null => {
    flushOne(bed, writer, model, () =>
      model.receive(run, run.row[ROW.HIGH_WATER]! + 1, [{ channel: 1, value: 1, timeUs: 0 }]),
    );
    idle(writer);
    return writer.bytesWithoutReadings;
  };
  const writer = bed.writer({ maxBytes });
  expect([flush(writer), writer.stored.readings]).toEqual([null, 1]);
  for (let device = 0; device < 5000; device++) model.run(model.device(`${device}`.padEnd(64)), 1);
  writer.accept(model.seal());
  while (writer.flush().outcome !== "idle") bed.clock.advanceMs(250);
  const bytes = flush(writer);
  expect([bytes! > maxBytes, writer.stored.readings]).toEqual([true, 0]);
  writer.close();
  const roomy = bed.closing(bed.writer({ maxBytes: 2 * bytes! }));
  expect([flush(roomy), roomy.stored.readings]).toEqual([null, 1]);
});

test("where all that goes by size is dated in the future, events of the past stay", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ maxBytes: 1 }));
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1);
  flushOne(bed, writer, model, () => model.event(device, "restart"));
  bed.clock.advanceMs(MINUTE_MS);
  model.nowUs = bed.clock.wallUs() + HOUR_MS * 1000;
  model.receive(run, 0);
  writer.accept(model.seal());
  writer.flush();
  idle(writer);
  const db = bed.closing(openForReading(bed.file));
  expect(db.prepare("SELECT count(*) FROM segments").pluck().get()).toBe(0);
  expect(db.prepare("SELECT count(*) FROM events WHERE kind = 'restart'").pluck().get()).toBe(1);
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

test("above the size cap gap rows go with the readings around them, those of stored ones stay", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const writer = bed.closing(bed.writer({ maxBytes: 2 ** 19 }));
  for (let flush = 0; flush < 40; flush++) {
    flushOne(bed, writer, model, () => {
      for (let index = 0; index < 1000; index++) {
        const readings = [{ channel: 1, value: Math.random(), timeUs: Math.floor(Math.random() * 1e15) }];
        // one number is lost before each flush's
        model.receive(run, run.row[ROW.HIGH_WATER]! + (index === 0 ? 2 : 1), readings);
      }
      model.close(run);
    });
    bed.clock.advanceMs(1000);
  }
  idle(writer);
  const { stored } = writer;
  expect(stored.segments).toBeLessThan(40);
  const rows = countOf(bed, "gaps");
  // a gap closes after its segment's last arrival: that of the newest segment removed goes with the next one
  expect(rows).toBeGreaterThanOrEqual(stored.segments);
  expect(rows).toBeLessThanOrEqual(stored.segments + 1);
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

test.each([
  [
    "the directory of a flush",
    "UPDATE flushes SET directory = substr(directory, 1, 1) WHERE flush = 3",
    false,
  ],
  [
    "the heads of a merged segment",
    "UPDATE chunk_heads SET heads = substr(heads, 1, length(heads) - 1)",
    true,
  ],
])("where %s is damaged the segment stays, and the others go", (_, damage, isMerged) => {
  using bed = new StoreBed();
  const first = bed.writer({ mergePolicy: { keptBytes: 0 } });
  const model = new IngestModel({ nowUs: bed.clock.wallUs() });
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 100; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    first.accept(model.seal());
    first.flush();
  }
  while (first.flush().outcome !== "idle");
  if (isMerged) expect(mergeOnce(first, bed.file, 1000)).toBe(true);
  const db = new Database(bed.file);
  db.exec(damage);
  db.close();
  first.close();
  bed.clock.stepWallUs(3_600_000_000);
  const writer = bed.closing(bed.writer({ retentionMs: 60_000 }));
  while (writer.flush().outcome !== "idle");
  const kept = isMerged ? 64 : 1;
  expect([writer.stored.readings, writer.stored.segments]).toEqual([kept, 1]);
  expect(writer.damage).toMatch(/^segment \d+ of the database cannot be removed: .*(damaged|truncated).*$/);
  expect(writer.state.sums.counts()).toMatchObject({ received: 100 });
});

test("however many segments are damaged, one flush finds a few of them, and in time the others go", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: HOUR_MS }));
  const model = new IngestModel({ nowUs: bed.clock.wallUs() });
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 50; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const db = bed.closing(new Database(bed.file));
  db.exec("UPDATE flushes SET directory = x'' WHERE flush <= 40");
  bed.clock.advanceMs(2 * HOUR_MS);
  const found = [1, 2, 3, 4, 5, 6].map(() => {
    writer.flush();
    return writer.state.damage.length;
  });
  expect(found).toEqual([8, 16, 24, 32, 40, 40]);
  while (writer.flush().outcome !== "idle");
  expect([writer.stored.segments, writer.state.sums.counts().expired]).toEqual([40, 10]);
});
