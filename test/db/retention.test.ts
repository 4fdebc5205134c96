import { expect, test } from "vitest";
import { openArchive } from "../../db/archive.ts";
import { loadLedger } from "../../db/load.ts";
import { openForReading, type Sqlite } from "../../db/open.ts";
import type { Writer } from "../../db/writer.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const MINUTE_MS = 60_000;

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
