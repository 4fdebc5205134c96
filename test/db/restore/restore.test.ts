import { expect, test } from "vitest";
import { openArchive } from "../../../db/restore/archive.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

const DEVICES = 6;

/** A database with DEVICES devices, each heard a second after the one before it, the first of them last of all. */
const filled = (bed: StoreBed): void => {
  const writer = bed.writer();
  const model = new IngestModel();
  const runs = Array.from({ length: DEVICES }, (_, index) => {
    const run = model.run(model.device(`pump-${index}`), index);
    model.describe(run.device, index, 1, "temperature", "Cel");
    return run;
  });
  for (const run of [...runs, runs[0]!]) {
    model.nowUs += 1_000_000;
    model.receive(run, run.row[ROW.HIGH_WATER]! + 2, [{ channel: 2, value: 1, timeUs: model.nowUs }]);
    model.close(run, CAUSE.QUEUE_OVERFLOW);
  }
  writer.accept(model.seal());
  writer.flush();
  writer.close();
};

test("devices come in the order they became known, each with its runs, absent numbers and channels", () => {
  using bed = new StoreBed();
  filled(bed);
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const restored = archive.restored(DEVICES);
  expect(restored).toMatchObject({ hasHistory: true, nextDevice: DEVICES + 1, nextRun: DEVICES + 1 });
  const devices = [...restored.devices];
  expect(devices.map(({ id }) => id)).toEqual(Array.from({ length: DEVICES }, (_, index) => `pump-${index}`));
  // what is read back one by one is the same
  for (const device of devices) expect(device).toEqual(archive.load(device.id));
  expect(devices[3]).toMatchObject({
    runs: [{ epoch: 3, index: 0 }],
    channels: [
      { epoch: 3, channel: 1, name: "temperature", unit: "Cel" },
      { epoch: 3, channel: 2, name: "ch2", unit: "" },
    ],
  });
  expect([...restored.leftOut]).toEqual([]);
});

test.each([3, null])(
  "a channel that was described and has values comes once, by its name: epoch %s",
  (epoch) => {
    using bed = new StoreBed();
    const writer = bed.writer();
    const model = new IngestModel();
    const device = model.device("pump");
    const run = model.run(device, epoch);
    model.describe(device, epoch, 1, "temperature", "Cel");
    model.receive(
      run,
      0,
      [1, 2].map((channel) => ({ channel, value: 1, timeUs: model.nowUs })),
    );
    writer.accept(model.seal());
    writer.flush();
    writer.close();
    const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
    const [restored] = archive.restored(1).devices;
    expect(restored!.channels).toEqual([
      { epoch, channel: 1, name: "temperature", unit: "Cel" },
      { epoch, channel: 2, name: "ch2", unit: "" },
    ]);
    expect(archive.load("pump")).toEqual(restored);
  },
);

test("of more devices than there is room for, those heard last are restored and the others named", () => {
  using bed = new StoreBed();
  filled(bed);
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const { devices, leftOut } = archive.restored(2);
  expect(Array.from(devices, ({ id }) => id)).toEqual(["pump-0", "pump-5"]);
  expect(new Set(leftOut)).toEqual(new Set(["pump-1", "pump-2", "pump-3", "pump-4"]));
});

test("one that misses something is restored before any other, however long it has been silent: who is left out waits for ever", () => {
  using bed = new StoreBed();
  const writer = bed.writer();
  const model = new IngestModel();
  for (const [id, next] of [
    ["silent", 3],
    ["heard", 1],
    ["heard-last", 1],
  ] as const) {
    model.nowUs += 60_000_000;
    const run = model.run(model.device(id), 1);
    model.receive(run, 0);
    model.receive(run, next);
  }
  writer.accept(model.seal());
  writer.flush();
  writer.close();
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const { devices, leftOut } = archive.restored(2);
  expect(Array.from(devices, ({ id, runs }) => [id, runs[0]!.absent.length])).toEqual([
    ["silent", 1],
    ["heard-last", 0],
  ]);
  expect([...leftOut]).toEqual(["heard"]);
});

test("a worker is given only the devices that are its own", () => {
  using bed = new StoreBed();
  filled(bed);
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const owns = (id: string): boolean => Number(id.slice(-1)) % 2 === 1;
  const { devices, leftOut } = archive.restored(2, owns);
  expect(Array.from(devices, ({ id }) => id)).toEqual(["pump-3", "pump-5"]);
  expect([...leftOut]).toEqual(["pump-1"]);
});

test("who stops in the middle leaves nothing open", () => {
  using bed = new StoreBed();
  filled(bed);
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  for (const { id } of archive.restored(DEVICES).devices) {
    expect(id).toBe("pump-0");
    break;
  }
});

test("of numbers that were lost on both sides of the floor those below it are not told", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (const number of [0, 9]) model.receive(run, number);
  model.close(run);
  run.row[ROW.FLOOR] = 4;
  writer.accept(model.seal());
  // the tables follow with the next one
  for (let flush = 0; flush < 2; flush++) writer.flush();
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  expect(archive.load("pump")!.runs).toMatchObject([
    { row: { [ROW.FLOOR]: 4 }, absent: [{ first: 4, last: 8 }] },
  ]);
});
