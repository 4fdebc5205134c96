import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { codeOf } from "../../../common/errors.ts";
import { openArchive } from "../../../db/restore/archive.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** Everything it has committed is in the tables. */
const bringTables = (writer: Writer): void => {
  do writer.flush();
  while (writer.waitingDevices > 0);
};

test("a device is read back as it was committed, once the tables have it", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const model = new IngestModel();
  for (let index = 0; index < 5; index++) {
    const device = model.device(`pump-${index}`);
    const run = model.run(device, index);
    model.run(device, null);
    model.receive(run, 0);
    model.receive(run, 3);
    model.close(run, CAUSE.COLLECTOR_DOWN);
    model.receive(run, 5);
    model.describe(device, index, 1, "temperature", "Cel");
  }
  writer.accept(model.seal());
  bringTables(writer);
  for (let index = 0; index < 5; index++) {
    const snapshot = archive.load(`pump-${index}`)!;
    expect(snapshot).toMatchObject({
      id: `pump-${index}`,
      runs: [{ epoch: index }, { epoch: null }],
      channels: [{ epoch: index, channel: 1, name: "temperature", unit: "Cel" }],
    });
    expect(snapshot.runs[0]!.row[ROW.HIGH_WATER]).toBe(5);
    expect(snapshot.runs[0]!.absent).toMatchObject([
      { first: 1, last: 2, state: "lost", cause: CAUSE.COLLECTOR_DOWN },
      { first: 4, last: 4, state: "open" },
    ]);
    expect(archive.loadEpoch(snapshot.device, index)).toMatchObject([{ epoch: index, index: 0 }]);
    expect(archive.loadEpoch(snapshot.device, 77)).toBeNull();
  }
  expect(archive.load("nobody")).toBeNull();
});

test("a device that is read back knows the names a start would give it: of the epochs described last", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const model = new IngestModel();
  const device = model.device("pump-7");
  for (let epoch = 0; epoch < 9; epoch++) {
    model.receive(model.run(device, epoch), 0);
    model.describe(device, epoch, 1, "temperature", "Cel");
  }
  writer.accept(model.seal());
  bringTables(writer);
  model.describe(device, 0, 2, "pressure", "Pa");
  writer.accept(model.seal());
  bringTables(writer);
  const snapshot = archive.load("pump-7")!;
  expect(snapshot.channels.filter(({ epoch }) => epoch === 0).map(({ name }) => name)).toEqual([
    "temperature",
    "pressure",
  ]);
  expect(Array.from(archive.restored(1).devices)).toEqual([snapshot]);
});

test("of an epoch that is read back no row of another one is read", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1000, checkpointLagMs: 0 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const model = new IngestModel();
  const device = model.device("pump-7");
  const runs = [3, null, 4].map((epoch) => model.run(device, epoch));
  for (const run of runs) {
    model.receive(run, 0);
    model.receive(run, 2);
  }
  model.receive(runs[2]!, 3);
  writer.accept(model.seal());
  bringTables(writer);
  const other = new Database(bed.file);
  other.prepare("UPDATE open_gaps SET gaps = 'no gaps' WHERE run_no = ?").run(runs[0]!.run);
  other.close();
  const notGiven = expect.objectContaining({
    code: "ERR_ARCHIVE",
    message: expect.stringContaining(bed.file),
  });
  expect(() => archive.load("pump-7")).toThrow(notGiven);
  expect(() => archive.loadEpoch(device, 3)).toThrow(notGiven);
  expect(archive.loadEpoch(device, 4)).toMatchObject([{ epoch: 4, absent: [{ first: 1, last: 1 }] }]);
  expect(archive.loadEpoch(device, 4)![0]!.row[ROW.HIGH_WATER]).toBe(3);
  expect(archive.loadEpoch(device, null)).toMatchObject([{ epoch: null, absent: [{ first: 1, last: 1 }] }]);
});

test("what is read back is looked for in the tables alone: all of a fleet is in the journal", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1000 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const model = new IngestModel();
  const device = model.device("pump-7");
  const run = model.run(device, 1);
  const other = model.run(device, 2);
  model.receive(run, 0);
  writer.accept(model.seal());
  bringTables(writer);
  model.receive(other, 0);
  writer.accept(model.seal());
  writer.flush();
  const disk = new Database(bed.file);
  disk.prepare("UPDATE flushes SET changes = x'00'").run();
  disk.close();
  expect(archive.loadEpoch(device, 1)).toMatchObject([{ epoch: 1 }]);
  expect(archive.load("pump-7")).toMatchObject({ id: "pump-7", runs: [{ epoch: 1 }, { epoch: 2 }] });
});

test("a disk that takes long to fail is not asked again for nine times as long, whichever device speaks", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1000, checkpointLagMs: 0 }));
  const clock = { nowMs: 0, stepMs: 0, monotonicMs: () => (clock.nowMs += clock.stepMs) };
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }, clock));
  const model = new IngestModel();
  for (const name of ["pump-7", "pump-8"]) {
    const run = model.run(model.device(name), 1);
    model.receive(run, 0);
    model.receive(run, 2);
  }
  writer.accept(model.seal());
  bringTables(writer);
  const other = bed.closing(new Database(bed.file));
  const [good] = other.prepare("SELECT gaps FROM open_gaps WHERE run_no = 1").pluck().all();
  const write = other.prepare("UPDATE open_gaps SET gaps = ? WHERE run_no = 1");
  const outcomeOf = (name: string): string => {
    try {
      return archive.load(name)!.id;
    } catch (error) {
      return codeOf(error)!;
    }
  };
  write.run("no gaps");
  // the time a device takes that fails at once does not count for the others
  clock.stepMs = 10;
  expect([outcomeOf("pump-7"), outcomeOf("pump-8")]).toEqual(["ERR_ARCHIVE", "pump-8"]);
  clock.nowMs = 10_000;
  clock.stepMs = 2000;
  expect(outcomeOf("pump-7")).toBe("ERR_ARCHIVE");
  clock.stepMs = 0;
  write.run(good);
  const failedMs = clock.nowMs;
  expect([outcomeOf("pump-7"), outcomeOf("pump-8")]).toEqual(["ERR_ARCHIVE", "ERR_ARCHIVE"]);
  clock.nowMs = failedMs + 9 * 2000 - 1001;
  expect(outcomeOf("pump-8")).toBe("ERR_ARCHIVE");
  clock.nowMs += 1;
  expect([outcomeOf("pump-7"), outcomeOf("pump-8")]).toEqual(["pump-7", "pump-8"]);
});
