import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { readRestored } from "../../../db/restore/restore.ts";
import { loadLedger } from "../../../db/tables/load.ts";
import { placesOf } from "../../../db/view/place-set.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { dumpView, StoreBed, viewOf } from "../../support/store-bed.ts";

const startPump = (bed: StoreBed, lagMs = 0) => {
  const writer = bed.writer({ checkpointLagMs: lagMs });
  const model = new IngestModel();
  const device = model.device("pump");
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  return { writer, model, device, flush };
};

/** Described channels of all epochs of the first device. */
const namesOf = ({ state }: Writer): string[] => {
  const head = state.devices.channels[0]!;
  return Array.from(state.channels.list(head), ({ epoch, channel, name }) => `${epoch} ${channel} ${name}`);
};

const rows = (file: string, table: string): number => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
};

test("a device with 40 names that starts every day for ten years has them in each epoch, for a number each", () => {
  using bed = new StoreBed();
  const { writer, model, device, flush } = startPump(bed);
  for (let epoch = 1; epoch <= 3650; epoch++) {
    model.run(device, epoch, 0, ROW_FLAG.CURRENT);
    for (let channel = 0; channel < 40; channel++) model.describe(device, epoch, channel, `name ${channel}`);
    if (epoch % 100 === 0) flush();
  }
  flush();
  const { channels, devices } = writer.state;
  const head = devices.channels[0]!;
  expect(channels.descriptions(head)).toHaveLength(40);
  const described = [...channels.epochs(head)];
  expect(described).toHaveLength(3650);
  expect(described.filter(({ places }) => typeof places !== "number")).toEqual([]);
  const before = namesOf(writer);
  expect(new Set(before).size).toBe(3650 * 40);
  writer.close();
  expect([
    rows(bed.file, "channel_names"),
    rows(bed.file, "channel_epochs"),
    rows(bed.file, "channels"),
  ]).toEqual([40, 3650, 3650 * 40]);
  const again = bed.closing(bed.writer());
  expect(namesOf(again)).toEqual(before);
});

test("of what a device calls its channels in forged epochs so much is kept; it knows its own names all the same, also after a crash", () => {
  using bed = new StoreBed();
  const { writer, model, device, flush } = startPump(bed, 1e9);
  bed.closing(writer);
  const describeAll = (epoch: number, prefix: string): void => {
    model.run(device, epoch, 0, ROW_FLAG.CURRENT);
    for (let channel = 0; channel < 1024; channel++)
      model.describe(device, epoch, channel, `${prefix}${channel}`);
  };
  describeAll(1, "own ");
  flush();
  for (let epoch = 2; epoch < 40; epoch++) {
    describeAll(epoch, `forged ${epoch} `);
    flush();
  }
  describeAll(50, "own ");
  flush();
  const { channels, devices } = writer.state;
  const head = devices.channels[0]!;
  expect([channels.piecesOf(head), channels.descriptions(head).length]).toEqual([8192, 8192]);
  expect(writer.leftOutNames).toBe(31 * 1024);
  for (const { places } of channels.epochs(head)) expect([...placesOf(places)].length).toBe(1024);
  const pump = viewOf(writer).device("pump")!;
  expect(pump.channels.slice(0, 2)).toEqual([
    { name: "own 0", unit: "" },
    { name: "own 1", unit: "" },
  ]);
  expect([pump.namesIn(8).length, pump.namesIn(9).length, pump.namesIn(50).length]).toEqual([1024, 0, 1024]);
  // nothing was brought into the tables: all comes from the journal
  const crashed = bed.copy();
  expect(rows(crashed, "channel_names")).toBe(0);
  const again = bed.closing(bed.writer({ file: crashed }));
  expect(dumpView(viewOf(again))).toEqual(dumpView(viewOf(writer)));
  expect(rows(crashed, "channel_names")).toBe(8192);
});

test("names that are long take the room of several", () => {
  using bed = new StoreBed();
  const { writer, model, device, flush } = startPump(bed);
  bed.closing(writer);
  model.run(device, 1);
  for (let channel = 0; channel < 1024; channel++)
    model.describe(device, 1, channel, `${channel}`.padStart(255, "x"), "u".repeat(65));
  flush();
  // 320 characters each: 11 pieces
  expect(namesOf(writer)).toHaveLength(Math.floor(8192 / 11));
});

test("names come back whole wherever the tables stood when the process died, and a start knows those of the last epochs", () => {
  using bed = new StoreBed();
  const { writer, model, device, flush } = startPump(bed);
  bed.closing(writer);
  for (let epoch = 0; epoch < 30; epoch++) {
    model.run(device, epoch, 0, ROW_FLAG.CURRENT);
    for (const channel of [1, 2, 3]) model.describe(device, epoch, channel, `n${channel} ${epoch % 4}`);
    flush();
    // renamed within its epoch, and one that spoke before says more
    model.describe(device, epoch, 2, `renamed ${epoch}`, "Cel");
    if (epoch > 5) model.describe(device, epoch - 5, 4, "late");
    flush();
    if (epoch % 7 !== 0) continue;
    const copy = bed.copy();
    const again = bed.closing(bed.writer({ file: copy }));
    expect(namesOf(again)).toEqual(namesOf(writer));
    const db = bed.closing(new Database(copy, { readonly: true }));
    expect(dumpView(viewOf(writer))).toEqual(
      dumpView(viewOf({ state: loadLedger(db) } as unknown as Writer)),
    );
  }
  while (writer.flush().outcome !== "idle");
  const db = bed.closing(new Database(bed.file, { readonly: true }));
  const sorted = db.prepare("SELECT epoch || ' ' || channel || ' ' || name FROM channels").pluck().all();
  expect(sorted.sort()).toEqual(namesOf(writer).sort());
  const [{ channels } = { channels: [] }] = [...readRestored(db, { hasHistory: true, most: 10 }).devices];
  expect([...new Set(channels.map(({ epoch }) => epoch))]).toEqual([21, 26, 22, 27, 23, 28, 24, 29]);
  expect(channels.filter(({ epoch }) => epoch === 29)).toEqual([
    { epoch: 29, channel: 1, name: "n1 1", unit: "" },
    { epoch: 29, channel: 3, name: "n3 1", unit: "" },
    { epoch: 29, channel: 2, name: "renamed 29", unit: "Cel" },
  ]);
});
