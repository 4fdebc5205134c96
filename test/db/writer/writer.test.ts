import { copyFileSync, existsSync, renameSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { LedgerView } from "../../../db/view/ledger-view.ts";
import { type FlushOutcome, Writer } from "../../../db/writer/writer.ts";
import { MAX_SEQUENCE } from "../../../protocol/constants.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { dumpView, StoreBed, viewOf } from "../../support/store-bed.ts";

test("while another connection holds the file, nothing is lost and what waits is pending", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const main = new LedgerState();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  model.receive(run, 0);
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  writer.accept(model.seal());
  expect(writer.flush()).toMatchObject({ outcome: "failed", error: { code: "SQLITE_BUSY" } });
  main.accept(writer.takeAccepted()!);
  expect(new LedgerView(main).fleet().counts).toMatchObject({ received: 1, pending: 1, stored: 0 });
  model.receive(run, 1);
  writer.accept(model.seal());
  writer.flush();
  main.accept(writer.takeAccepted()!);
  expect(writer.takeAccepted()).toBeNull();
  expect(new LedgerView(main).device("pump")!.runs).toMatchObject([{ pending: 2, expired: 0 }]);
  other.exec("ROLLBACK");
  const outcome = writer.flush();
  if (outcome.outcome !== "committed") throw new Error(outcome.outcome);
  main.apply(outcome.change!);
  expect(outcome.messages.map(({ number }) => number)).toEqual([1, 2]);
  expect(new LedgerView(main).fleet().counts).toMatchObject({ received: 2, pending: 0, stored: 2 });
  expect(dumpView(new LedgerView(main))).toEqual(dumpView(viewOf(writer)));
});

test("what waits in vain is a change of the ledger each time, also where as many numbers are pending as before", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const main = new LedgerState();
  const view = new LedgerView(main);
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  const revisions = [view.revision];
  for (const sequence of [0, 0]) {
    model.receive(run, sequence);
    writer.accept(model.seal());
    writer.flush();
    main.accept(writer.takeAccepted()!);
    revisions.push(view.revision);
  }
  expect(view.fleet().counts).toMatchObject({ pending: 1, duplicates: 1 });
  other.exec("ROLLBACK");
  const outcome = writer.flush();
  if (outcome.outcome !== "committed") throw new Error(outcome.outcome);
  main.apply(outcome.change!);
  expect(new Set([...revisions, view.revision]).size).toBe(4);
});

test("a file that was removed or replaced is not written to in silence", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const gone = expect.objectContaining({
    code: "ERR_DATABASE_GONE",
    message: expect.stringContaining(bed.file),
  });
  const elsewhere = `${bed.directory}/elsewhere.db`;
  renameSync(bed.file, elsewhere);
  expect(() => writer.flush()).toThrow(gone);
  copyFileSync(elsewhere, bed.file);
  expect(() => writer.flush()).toThrow(gone);
  renameSync(elsewhere, bed.file);
  renameSync(`${bed.file}-gone-wal`, `${bed.file}-wal`);
  expect(writer.flush().outcome).toBe("idle");
});

test("the log of a file that was replaced is not written over the one in its place, and is kept for its own", () => {
  using bed = new StoreBed();
  using other = new StoreBed();
  const storing = (bed: StoreBed, device: string): Writer => {
    const writer = bed.writer();
    const model = new IngestModel();
    model.receive(model.run(model.device(device), 1), 0);
    writer.accept(model.seal());
    writer.flush();
    return writer;
  };
  const devicesOf = (file: string): string[] => {
    const store = openReadOnly(file);
    const ids = [...store.view.deviceIds()];
    store.close();
    return ids;
  };
  storing(other, "backup").close();
  const writer = storing(bed, "pump");
  renameSync(bed.file, `${bed.file}-gone`);
  renameSync(other.file, bed.file);
  expect(() => writer.flush()).toThrow(`${bed.file}-gone-wal`);
  writer.close();
  expect(devicesOf(bed.file)).toEqual(["backup"]);
  expect(devicesOf(`${bed.file}-gone`)).toEqual(["pump"]);
});

test("a log that was removed is missed, and what was committed is in the database", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  model.receive(model.run(model.device("pump"), 1), 0);
  writer.accept(model.seal());
  writer.flush();
  unlinkSync(`${bed.file}-wal`);
  expect(() => writer.flush()).toThrow(
    expect.objectContaining({
      code: "ERR_DATABASE_GONE",
      message: expect.stringContaining(
        `-wal was removed or replaced while it was in use; what was committed is in ${bed.file}`,
      ),
    }),
  );
  // as a kill would leave it
  const store = bed.closing(openReadOnly(bed.copy()));
  expect([...store.view.deviceIds()]).toEqual(["pump"]);
});

test("a log that was removed while somebody reads is saved once nobody does, and nothing more is written until then", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const reader = bed.closing(openForReading(bed.file));
  reader.exec("BEGIN; SELECT * FROM devices");
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const flushOne = (): FlushOutcome => {
    model.receive(run, run.row[ROW.HIGH_WATER]! + 1);
    writer.accept(model.seal());
    return writer.flush();
  };
  expect(flushOne().outcome).toBe("committed");
  unlinkSync(`${bed.file}-wal`);
  expect(flushOne()).toMatchObject({ outcome: "failed", error: { code: "SQLITE_BUSY" } });
  reader.exec("ROLLBACK");
  expect(() => writer.flush()).toThrow(`what was committed is in ${bed.file}`);
  const store = bed.closing(openReadOnly(bed.copy()));
  expect(store.view.device("pump")!.total.counts).toMatchObject({ received: 1 });
});

test("a link that is changed leaves the file it led to, and its log, as they are", () => {
  using bed = new StoreBed();
  const target = `${bed.directory}/target.db`;
  symlinkSync(target, bed.file);
  const writer = bed.closing(bed.writer());
  unlinkSync(bed.file);
  symlinkSync(`${bed.directory}/other.db`, bed.file);
  expect(() => writer.flush()).toThrow(expect.objectContaining({ code: "ERR_DATABASE_GONE" }));
  expect(existsSync(`${target}-wal`)).toBe(true);
});

test("a writer that has fallen behind takes new devices in parts, but what was shown as pending at once", () => {
  using bed = new StoreBed();
  // a batch with a new device brings three notes
  const writer = bed.closing(bed.writer({ flushNotes: 18 }));
  const model = new IngestModel();
  const accept = (device: number): void => {
    model.receive(model.run(model.device(`pump-${device}`), 1), 0);
    writer.accept(model.seal());
  };
  const flushed = (): number => {
    const outcome = writer.flush();
    return outcome.outcome === "committed" ? outcome.messages.length : -1;
  };
  for (let device = 0; device < 10; device++) accept(device);
  expect([flushed(), flushed()]).toEqual([6, 4]);
  for (let device = 10; device < 20; device++) accept(device);
  writer.takeAccepted();
  expect(flushed()).toBe(10);
  expect(viewOf(writer).fleet().counts).toMatchObject({ received: 20, stored: 20 });
});

test("a partial batch waits for the one that completes it, whatever comes from other workers meanwhile", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const other = new IngestModel({ nextDevice: 2, nextRun: 2, worker: 1 });
  const run = model.run(model.device("pump"), 1);
  model.receive(run, 0);
  writer.accept(model.seal(true));
  expect(writer.isDue).toBe(false);
  expect(writer.flush()).toEqual({ outcome: "idle" });
  other.receive(other.run(other.device("fan"), 1), 0);
  writer.accept(other.seal());
  expect(writer.flush()).toMatchObject({ outcome: "committed", messages: [{ worker: 1 }] });
  expect(viewOf(writer).fleet().counts).toMatchObject({ received: 1, stored: 1 });
  model.receive(run, 1);
  writer.accept(model.seal());
  expect(writer.flush()).toMatchObject({ outcome: "committed", messages: [{ number: 1 }, { number: 2 }] });
  expect(viewOf(writer).fleet().counts).toMatchObject({ received: 3, stored: 3 });
  expect(writer.pendingBatches).toBe(0);
});

test("any worker may be the first that is heard of", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  for (const worker of [3, 1, 0, 2]) {
    const model = new IngestModel({ nextDevice: 1 + worker, nextRun: 1 + worker, worker });
    model.receive(model.run(model.device(`pump-${worker}`), 1), 0);
    writer.accept(model.seal());
    expect(writer.flush()).toMatchObject({ outcome: "committed" });
  }
  const { counts, counters } = viewOf(writer).fleet();
  expect(counts).toMatchObject({ received: 4, stored: 4 });
  expect(counters.datagrams).toBe(4);
});

test("what waits in vain is shown with the counters of each worker, whichever was heard of last", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  const datagrams = [0, 1, 1, 0].map((worker, turn) => {
    const model = new IngestModel({ nextDevice: 1 + turn, nextRun: 1 + turn, worker });
    model.fleet.datagrams = 10 * turn;
    model.receive(model.run(model.device(`pump-${turn}`), 1), 0);
    writer.accept(model.seal());
    writer.flush();
    return writer.takeAccepted()!.fleet.datagrams;
  });
  expect(datagrams).toEqual([1, 1 + 11, 1 + 21, 31 + 21]);
});

test("a flush takes more than it should rather than none that is complete", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ flushNotes: 6 }));
  const model = new IngestModel();
  for (let device = 0; device < 5; device++) {
    model.receive(model.run(model.device(`pump-${device}`), 1), 0);
    writer.accept(model.seal(device < 4));
  }
  expect(writer.flush()).toMatchObject({ outcome: "committed", messages: { length: 5 } });
});

test("the main thread's ledger equals the writer's after each change", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const main = new LedgerState();
  const model = new IngestModel();
  for (let round = 0; round < 10; round++) {
    const device = model.device(`pump-${round}`);
    const run = model.run(device, round, 0, ROW_FLAG.CURRENT);
    model.describe(device, round, 1, "temperature", "Cel");
    for (let sequence = 0; sequence < 20; sequence += 1 + (sequence % 3)) {
      model.receive(run, sequence, [{ channel: sequence % 4, value: sequence, timeUs: model.nowUs }]);
    }
    model.close(run, CAUSE.QUEUE_OVERFLOW);
    if (round % 4 === 3) model.forget(device);
    writer.accept(model.seal());
    const outcome = writer.flush();
    if (outcome.outcome === "committed" && outcome.change !== null) main.apply(outcome.change);
    expect(dumpView(new LedgerView(main))).toEqual(dumpView(viewOf(writer)));
  }
});

test("counts up to the greatest sequence number survive the tables and the journal, and their fleet sum is exact", () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  for (const id of ["a", "b", "c"]) {
    const run = model.run(model.device(id), 1);
    model.receive(run, 0);
    run.row[ROW.HIGH_WATER] = MAX_SEQUENCE;
    run.row[ROW.MISSING] = MAX_SEQUENCE;
  }
  const writer = bed.writer();
  writer.accept(model.seal());
  writer.flush();
  for (const state of ["journal", "tables"]) {
    const restored = openReadOnly(state === "journal" ? bed.copy() : bed.file);
    const { counts } = restored.view.fleet();
    restored.close();
    if (state === "journal") writer.close();
    expect(counts.expected).toBe(3n * (BigInt(MAX_SEQUENCE) + 1n));
    expect(counts.missing).toBe(3n * BigInt(MAX_SEQUENCE));
  }
});

test("a device that is forgotten before its checkpoint never reaches the tables, and its counts stay in the fleet's", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  for (let flood = 0; flood < 500; flood++) {
    const device = model.device(`forged-${flood}`);
    model.receive(model.run(device, flood), 7);
    model.forget(device);
  }
  writer.accept(model.seal());
  const before = writer.rowsWritten;
  writer.flush();
  // the flush, forgotten
  expect(writer.rowsWritten - before).toBeLessThan(10);
  expect(viewOf(writer).deviceCount).toBe(0);
  expect(viewOf(writer).forgotten()).toMatchObject({ devices: 500, counts: { received: 500 } });
  expect(viewOf(writer).fleet().counts).toMatchObject({ received: 500, stored: 500, expected: 500 });
});

test("rows written by a flush depend on what changed, not on how many devices there are", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const runs = Array.from({ length: 4000 }, (_, index) => model.run(model.device(`pump-${index}`), 1));
  for (const run of runs) model.receive(run, 0);
  writer.accept(model.seal());
  writer.flush();
  while (writer.waitingDevices > 0) writer.flush();
  const before = writer.rowsWritten;
  for (const run of runs.slice(0, 3)) model.receive(run, 1);
  writer.accept(model.seal());
  writer.flush();
  expect(writer.rowsWritten - before).toBeLessThan(10);
});

test("the work of a rolling checkpoint is bounded and gets done", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 100 }));
  const model = new IngestModel();
  for (let index = 0; index < 2000; index++) model.receive(model.run(model.device(`pump-${index}`), 1), 0);
  writer.accept(model.seal());
  writer.flush();
  const rowsPerFlush: number[] = [];
  while (writer.waitingDevices > 0) {
    const before = writer.rowsWritten;
    writer.flush();
    rowsPerFlush.push(writer.rowsWritten - before);
  }
  expect(Math.max(...rowsPerFlush)).toBeLessThan(220);
  expect(rowsPerFlush.length).toBeGreaterThan(10);
});

test("the tables follow a few seconds later, once for all flushes until then", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointLagMs: 4000 }));
  const model = new IngestModel();
  const runs = Array.from({ length: 500 }, (_, index) => model.run(model.device(`pump-${index}`), 1));
  const rowsOfFlush = (sequence: number): number => {
    for (const run of runs) model.receive(run, sequence);
    writer.accept(model.seal());
    const before = writer.rowsWritten;
    writer.flush();
    bed.clock.advanceMs(400);
    return writer.rowsWritten - before;
  };
  const rows = Array.from({ length: 11 }, (_, sequence) => rowsOfFlush(sequence));
  expect(Math.max(...rows.slice(0, 10))).toBeLessThan(10);
  expect(rows[10]).toBeGreaterThan(1000);
  expect(writer.waitingDevices).toBe(500);
});

test("an idle writer commits nothing until tables are due, after four seconds, then brings them up to date", () => {
  using bed = new StoreBed();
  const { file, clock } = bed;
  const writer = bed.closing(new Writer({ file, clock, retentionMs: null, maxBytes: null }));
  const model = new IngestModel();
  model.receive(model.run(model.device("pump-7"), 1), 0);
  writer.accept(model.seal());
  writer.flush();
  bed.clock.advanceMs(3999);
  expect(writer.flush().outcome).toBe("idle");
  bed.clock.advanceMs(1);
  expect(writer.flush().outcome).toBe("committed");
  expect(writer.waitingDevices).toBe(0);
  expect(writer.flush().outcome).toBe("idle");
});

test("a flush that only tells of events is needed by no replay once the writer is idle", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  model.event(null, "restart");
  writer.accept(model.seal());
  const flushed = [writer.flush(), writer.flush(), writer.flush()].map(({ outcome }) => outcome);
  expect(flushed).toEqual(["committed", "committed", "idle"]);
  const db = bed.closing(openForReading(bed.file));
  expect(db.prepare("SELECT flush, replay_from FROM flushes").raw().all()).toEqual([[1, 2]]);
});

test("datagrams held by a process that died are rejected at the next start", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  model.fleet.datagrams = 3;
  model.fleet.held = 2;
  model.fleet.rejected = { "bad-magic": 1 };
  writer.accept(model.seal());
  writer.flush();
  using other = new StoreBed();
  const next = other.closing(other.writer({ file: bed.copy() }));
  expect(viewOf(next).fleet().counters).toMatchObject({
    held: 0,
    rejected: { "bad-magic": 1, "implausible-sequence": 2 },
  });
});

test("a flush of little is one page: its segment, its changes, and all that is counted besides", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointLagMs: 60_000 }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const written = Array.from({ length: 8 }, (_, sequence) => {
    const before = statSync(`${bed.file}-wal`).size;
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
    return statSync(`${bed.file}-wal`).size - before;
  });
  const page = 24 + 8192;
  expect(written.map((bytes) => bytes / page)).toEqual(Array(8).fill(1));
});

test("a stop leaves of the flushes where the collector stands, without changes or datagrams", () => {
  using bed = new StoreBed();
  const writer = bed.writer({ checkpointLagMs: 60_000, mergePolicy: { keptBytes: 0 } });
  const model = new IngestModel();
  for (const device of ["a", "b", "c"]) {
    model.receive(model.run(model.device(device), 1), 0);
    writer.accept(model.seal());
    writer.flush();
  }
  const ask = (file: string): unknown => {
    const db = new Database(file);
    try {
      return db
        .prepare(
          "SELECT flush, replay_from, datagrams, length(data) > 0 AS has_data, length(changes) > 0 AS has_changes FROM flushes",
        )
        .all();
    } finally {
      db.close();
    }
  };
  const running = { replay_from: 1, datagrams: 1, has_data: 1, has_changes: 1 };
  expect(ask(bed.copy())).toEqual([1, 2, 3].map((flush) => ({ flush, ...running })));
  writer.close();
  expect(ask(bed.copy())).toEqual([{ flush: 3, replay_from: 4, datagrams: 0, has_data: 0, has_changes: 0 }]);
});

test("history begins with the first start", () => {
  using bed = new StoreBed();
  const first = bed.writer();
  expect(first.hasHistory).toBe(false);
  first.close();
  expect(bed.closing(bed.writer()).hasHistory).toBe(true);
});
