import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openForReading } from "../../db/file/open.ts";
import { usedBytes } from "../../db/retention/retention.ts";
import type { Writer } from "../../db/writer/writer.ts";
import { ROW } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { countOf, flushOne, idle, reader } from "../support/retention-steps.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

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
  writer.flush();
  expect(writer.bytesWithoutReadings).toBe(null);
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

test("a size cap is not told to be too small while readings that may go are left", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const unbounded = bed.writer();
  for (let number = 0; number < 20; number++)
    flushOne(bed, unbounded, model, () => model.receive(run, number));
  unbounded.close();
  const writer = bed.closing(bed.writer({ maxBytes: 1 }));
  const steps: [left: number, isTold: boolean][] = [];
  while (writer.stored.segments > 0 && steps.length < 20) {
    writer.flush();
    steps.push([writer.stored.segments, writer.bytesWithoutReadings !== null]);
  }
  expect(steps).toEqual([
    [12, false],
    [4, false],
    [0, true],
  ]);
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

test("free pages of a database that cannot give them back stay: a writer with nothing to do writes nothing", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const other = new Database(bed.file);
  // as in one that was put together from a dump
  other.pragma("auto_vacuum = NONE");
  other.exec(
    "VACUUM; CREATE TABLE rows (bytes); INSERT INTO rows VALUES (zeroblob(25000000)); DROP TABLE rows",
  );
  other.close();
  const writer = bed.closing(bed.writer());
  const outcomes = Array.from({ length: 5 }, () => writer.flush().outcome);
  expect(outcomes.slice(1)).toEqual(["idle", "idle", "idle", "idle"]);
});
