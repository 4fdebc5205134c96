import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../db/check/examine.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { openArchive } from "../../db/restore/archive.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

/** A database with two devices of three epochs each, whose channels 1 to 4 are described in all of them and have readings in the last one. */
const filled = (bed: StoreBed): IngestModel => {
  const writer = bed.writer();
  const model = new IngestModel();
  for (const id of ["pump", "valve"]) {
    const device = model.device(id);
    for (let epoch = 1; epoch <= 3; epoch++) {
      const run = model.run(device, epoch);
      for (const channel of [1, 2, 3, 4]) model.describe(device, epoch, channel, `n${channel}`);
      if (epoch < 3) continue;
      model.receive(
        run,
        0,
        [1, 2, 3, 4].map((channel) => ({ channel, value: channel, timeUs: 1 })),
      );
    }
  }
  writer.accept(model.seal());
  writer.flush();
  writer.close();
  return model;
};

const lose = (file: string, ...statements: string[]): void => {
  const db = new Database(file);
  for (const statement of statements) db.exec(statement);
  db.close();
};

test.for([
  ["of some places", "device_no = 1 AND place IN (1, 3)", 6, ["ch2", "ch4", "n1", "n3"]],
  ["of a whole device", "device_no = 1", 12, ["ch1", "ch2", "ch3", "ch4"]],
] as const)(
  "where names %s are lost these channels go by their numbers, and no other name comes to them",
  ([, where, leftOut, names]) => {
    using bed = new StoreBed();
    const model = filled(bed);
    lose(bed.file, `DELETE FROM channel_names WHERE ${where}`);
    const said = `descriptions of channels are gone, ${leftOut} in all: these go by their numbers`;
    expect(() => examineDatabase(bed.file, 0)).toThrow(said);
    const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
    const [restored] = archive.restored(10).devices;
    const told = restored!.channels.filter(({ epoch }) => epoch === 3).map(({ name }) => name);
    expect(told.sort()).toEqual([...names]);
    const writer = bed.writer();
    expect(writer.damage).toBe(said);
    expect(archive.load("pump")!.channels).toEqual(restored!.channels);
    // a new name, in the last epoch only, takes a place that was one of the lost ones
    model.describe(1, 3, 9, "n9");
    writer.accept(model.seal());
    writer.flush();
    const pump = viewOf(writer).device("pump")!;
    expect(pump.latest.map(({ name }) => name).sort()).toEqual([...names]);
    writer.close();
    const { view, close } = openReadOnly(bed.file);
    const namesIn = (epoch: number): string[] =>
      view
        .device("pump")!
        .namesIn(epoch)
        .map(({ name }) => name);
    const kept = names.filter((name) => name.startsWith("n"));
    expect([1, 2, 3].map(namesIn).map((found) => found.sort())).toEqual([kept, kept, [...kept, "n9"]]);
    expect(view.device("valve")!.namesIn(3)).toHaveLength(4);
    close();
    const again = bed.closing(bed.writer());
    expect(again.damage).toBe(null);
  },
);

test("what a device has that is lost itself is passed over", () => {
  using bed = new StoreBed();
  filled(bed);
  lose(bed.file, "DELETE FROM devices WHERE device_no = 1");
  const writer = bed.closing(bed.writer());
  const { state } = writer;
  expect([...viewOf(writer).deviceIds()]).toEqual(["valve"]);
  // the room it would have taken is there
  expect(state.latest.hasRoom(-1)).toBe(true);
  expect([state.channels.room.fits(0, 100), viewOf(writer).device("valve")!.hasAllNewest]).toEqual([
    true,
    true,
  ]);
});
