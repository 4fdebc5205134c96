import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import { SCHEMA_VERSION } from "../../../db/file/open.ts";
import { CAUSE, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { StoreBed } from "../../support/store-bed.ts";

/**
 * Two devices, one with gaps that are lost, open, and filled in the end, in merged segments and in flushes: each flush brings numbers from
 * below those of the one before it. A third one is forgotten. When it is copied the tables do not have the last flush.
 */
const fill = (bed: StoreBed): string => {
  const writer = bed.closing(bed.writer({ mergePolicy: { keptBytes: 0 } }));
  const model = new IngestModel();
  const [pump, fan, forged] = [model.device("pump"), model.device("fan"), model.device("forged")];
  const [run, other, gone] = [model.run(pump, 3), model.run(fan, null), model.run(forged, 1)];
  const reading = { channel: 1, value: 1, timeUs: 1 };
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  model.describe(pump, 3, 1, "temperature");
  model.event(pump, "restart", { from: 1, to: 2 });
  model.receive(gone, 7, [reading]);
  for (let turn = 0; turn < 140; turn++) {
    const base = turn * 10;
    for (const offset of [2, 3, 5, 6, 8]) model.receive(run, base + offset, [reading]);
    if (turn > 0) model.receive(run, base - 6, [reading]);
    if (turn === 5) model.close(run, CAUSE.NETWORK);
    if (turn === 9) model.receive(run, 9, [reading]);
    if (turn === 12) model.recover(run, 111, 1);
    model.receive(other, turn, [reading]);
    if (turn === 20) model.forget(forged);
    flush();
    if (turn === 80) expect(mergeOnce(writer, bed.file, 100)).toBe(true);
  }
  model.close(run, CAUSE.GONE);
  model.receive(run, 1500, [reading]);
  flush();
  return bed.copy();
};

const spoilings: readonly (readonly [wanted: RegExp, change: string])[] = [
  [
    /device pump, epoch 3, run 0: .* expected .* received/,
    "UPDATE epochs SET in_order = in_order + 1 WHERE run_no = 1",
  ],
  [
    /device fan, no epoch, run 0: 141 numbers received, 140 stored and 0 expired/,
    "UPDATE epochs SET in_order = in_order + 1, high_water = high_water + 1 WHERE run_no = 2",
  ],
  [/pump.*: a count that is none/, "UPDATE epochs SET late = late - 10 WHERE run_no = 1"],
  [
    /gaps: a row of run_no 1 has no number/,
    "UPDATE gaps SET opened_at = 'x' WHERE state = 'filled' AND first = 9",
  ],
  [/fan.*: .* 140 stored and 1 expired/, "UPDATE epochs SET expired = 1 WHERE run_no = 2"],
  [/fan.*: datagrams are stored with numbers/, "UPDATE epochs SET flags = flags | 16 WHERE run_no = 2"],
  [/fan.*: as of flush 3, datagrams of it came/, "UPDATE epochs SET as_of = 3 WHERE run_no = 2"],
  [
    /epochs: device_no 2 is from after the newest flush, 141/,
    "UPDATE epochs SET as_of = 999 WHERE run_no = 2",
  ],
  [/epochs: there is no device_no 2/, "DELETE FROM devices WHERE device_no = 2"],
  [/latest: there is no run_no 2.*/, "DELETE FROM epochs WHERE run_no = 2"],
  [
    /pump.*numbers lost with the cause/,
    "UPDATE epochs SET lost_gone = lost_gone + 1, lost_network = lost_network - 1 WHERE run_no = 1",
  ],
  [/pump.*: 0 numbers late, its gaps have 2/, "UPDATE epochs SET late = 0, in_order = in_order + late"],
  [
    /pump.*numbers lost with the cause/,
    "DELETE FROM gaps WHERE first = (SELECT min(first) FROM gaps WHERE state = 'lost')",
  ],
  [
    /pump.*its gap .* lies in another one/,
    "UPDATE gaps SET first = first + 9999, last = last + 9999 WHERE first = (SELECT min(first) FROM gaps WHERE state = 'lost')",
  ],
  [
    /gaps of run_no 77, which no device has/,
    "UPDATE gaps SET run_no = 77 WHERE state = 'filled' AND first = 9",
  ],
  [/pump.* numbers missing, its open gaps have 0/, "DELETE FROM open_gaps"],
  [/segment 100 .*late_segments/, "DELETE FROM late_segments WHERE segment = 100"],
  [/segment 100 .*late_segments/, "UPDATE late_segments SET reach = reach + 1 WHERE segment = 100"],
  [
    /forgotten devices: 0 numbers stored, the segments have 1/,
    "UPDATE forgotten SET in_order = 0, expected = 0",
  ],
  [/forgotten devices: 2 numbers expected, 1 received/, "UPDATE forgotten SET expected = expected + 1"],
  [
    /datagrams of run_no 3, which no device has/,
    "UPDATE forgotten SET devices = 0, in_order = 0, expected = 0",
  ],
  [/fleet: .* datagrams, .* what became of them/, "UPDATE epochs SET duplicates = 5 WHERE run_no = 2"],
  [
    /flushes: a replay begins with 500, the newest is 141/,
    "UPDATE flushes SET replay_from = 500 WHERE flush = 141",
  ],
  [
    /latest: channel 1 of device fan is not what flush 140 brought/,
    "UPDATE latest SET value = 2 WHERE device_no = 2",
  ],
  [/latest: channel 1 of device pump .* number 1500/, "UPDATE latest SET time = 2 WHERE device_no = 1"],
  [/latest: channel 1 of device fan/, "UPDATE latest SET sequence = sequence - 1 WHERE device_no = 2"],
  [/latest: channel 2 of device fan/, "UPDATE latest SET channel = 2 WHERE device_no = 2"],
  // in a flush, and in a merged segment
  [/latest: channel 1 of device fan/, "UPDATE latest SET as_of = 100 WHERE device_no = 2"],
  [
    /latest: channel 1 of device fan/,
    "UPDATE latest SET as_of = 10, sequence = 9, type = type + 1 WHERE device_no = 2",
  ],
  [
    /latest: channel 1 of device fan .*number 5000/,
    "UPDATE latest SET as_of = 10, sequence = 5000 WHERE device_no = 2",
  ],
  [/epochs: run_no 2 is from after/, "UPDATE flushes SET next_run = 2 WHERE flush = 141"],
  [
    /events: the detail of event 1 cannot be read/,
    "UPDATE events SET detail = '{\"from\":1,' WHERE event = 1",
  ],
  [/events: the detail of event 1 cannot be read/, "UPDATE events SET detail = '[1]' WHERE event = 1"],
];

test("a ledger that does not agree with itself, its gaps or what is stored is found, and the run is named", () => {
  using bed = new StoreBed();
  const behind = fill(bed);
  expect(examineDatabase(behind, 0)).toBe(SCHEMA_VERSION);
  // tables that follow hide nothing of what is changed in them
  bed.writer({ file: behind }).close();
  expect(examineDatabase(behind, 0)).toBe(SCHEMA_VERSION);
  const spoiled = (change: string): string => {
    const file = bed.copy(behind);
    const db = bed.closing(new Database(file));
    return db.prepare(change).run().changes === 0 ? "" : file;
  };
  for (const [wanted, change] of spoilings) {
    expect(() => examineDatabase(spoiled(change), 0), change).toThrow(
      expect.objectContaining({ code: "ERR_DATABASE_DAMAGED", message: expect.stringMatching(wanted) }),
    );
  }
});

test.each([
  "UPDATE epochs SET first_arrival = first_arrival + 1800000000",
  "UPDATE epochs SET last_arrival = last_arrival - 1800000000, high_water_at = high_water_at - 1800000000",
])("readings that queries look for in other segments than theirs are found: %s", (change) => {
  using bed = new StoreBed();
  const writer = bed.writer({ mergePolicy: { keptBytes: 0, flushesAtOnce: 4 } });
  const model = new IngestModel();
  const [run, other] = [model.run(model.device("pump"), 3), model.run(model.device("fan"), 3)];
  for (let sequence = 0; sequence < 9; sequence++) {
    model.nowUs += 300_000_000;
    for (const each of [run, other])
      model.receive(each, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    writer.accept(model.seal());
    writer.flush();
  }
  expect(mergeOnce(writer, bed.file, 1000)).toBe(true);
  const file = bed.copy();
  writer.close();
  expect(examineDatabase(file, 0)).toBe(SCHEMA_VERSION);
  const db = bed.closing(new Database(file));
  db.exec(change);
  expect(() => examineDatabase(file, 0)).toThrow(
    /device pump, epoch 3, run 0: queries do not find all of it/,
  );
});

test("a newest value is looked for in the datagrams of its device, not in what was read of another before", () => {
  using bed = new StoreBed();
  const writer = bed.writer({ mergePolicy: { keptBytes: 0, flushesAtOnce: 2 } });
  const model = new IngestModel();
  const [run, other] = [model.run(model.device("pump"), 3), model.run(model.device("fan"), 3)];
  const reading = { channel: 1, value: 1, timeUs: 1 };
  for (const [from, to] of [
    [0, 9],
    [10, 19],
  ] as const) {
    for (let sequence = from; sequence <= to; sequence++) model.receive(run, sequence, [reading]);
    for (const sequence of [from, to]) model.receive(other, sequence, [reading]);
    writer.accept(model.seal());
    writer.flush();
  }
  writer.close();
  expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
  const db = bed.closing(new Database(bed.file));
  expect(db.prepare("SELECT count(*) FROM merged_segments").pluck().get()).toBe(1);
  db.exec("UPDATE latest SET sequence = 15 WHERE device_no = 2");
  expect(() => examineDatabase(bed.file, 0)).toThrow(/latest: channel 1 of device fan .*number 15/);
});

test("nothing is wrong with runs whose chunks have heads in many rows, but with a row that is not where it was", () => {
  using bed = new StoreBed();
  const writer = bed.writer({ mergePolicy: { keptBytes: 0, flushesAtOnce: 2 } });
  const model = new IngestModel();
  const runs = ["pump", "fan", "meter"].map((id) => model.run(model.device(id), 3));
  for (let from = 0; from < 1200; from += 300) {
    for (let sequence = from; sequence < from + 300; sequence++)
      for (const run of runs) model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: 1 }]);
    writer.accept(model.seal());
    writer.flush();
  }
  expect(mergeOnce(writer, bed.file, 1)).toBe(true);
  writer.close();
  expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
  for (const change of ["part = part + 1", "run_no = 77"]) {
    const file = bed.copy();
    const db = bed.closing(new Database(file));
    // more than are read at once
    expect(db.prepare("SELECT count(*) FROM chunk_heads").pluck().get()).toBeGreaterThan(16);
    const last = "run_no = 3 AND part = (SELECT max(part) FROM chunk_heads WHERE run_no = 3)";
    expect(db.prepare(`UPDATE chunk_heads SET ${change} WHERE ${last}`).run().changes).toBe(1);
    expect(() => examineDatabase(file, 0), change).toThrow(/a row of chunk heads is not where it was/);
  }
});

test("nothing is wrong where retention took what brought newest values, nor with what has no numbers", () => {
  using bed = new StoreBed();
  const writer = bed.closing(
    bed.writer({
      retentionMs: 60_000,
      checkpointLagMs: 0,
      mergePolicy: { keptUs: 0, keptBytes: 0, flushesAtOnce: 2 },
    }),
  );
  const model = new IngestModel();
  const [pump, fan] = [model.run(model.device("pump"), 0), model.run(model.device("fan"), 0)];
  const meter = model.run(model.device("meter"), null, 0, ROW_FLAG.UNSEQUENCED);
  const reading = { channel: 1, value: 1, timeUs: 1 };
  const segmentsAfter = (flushMs: number): number => {
    bed.clock.advanceMs(flushMs);
    model.nowUs = Math.max(model.nowUs, bed.clock.wallUs());
    writer.accept(model.seal());
    do mergeOnce(writer, bed.file, 10);
    while (writer.flush().outcome !== "idle");
    const file = bed.copy();
    expect(examineDatabase(file, 0)).toBe(SCHEMA_VERSION);
    const db = bed.closing(new Database(file));
    return db.prepare("SELECT count(*) FROM segments").pluck().get() as number;
  };
  const counts = [9, 8, 7, 6, 5, 4, 3, 2].map((left) => {
    // one falls silent early, one speaks in every second flush
    if (left > 7) model.receive(pump, 20 - left, [reading]);
    if (left % 2 === 0) model.receive(fan, 20 - left, [reading]);
    model.receiveUnsequenced(meter, [reading], model.nowUs);
    return segmentsAfter(21_000);
  });
  expect(Math.max(...counts)).toBeGreaterThan(1);
  model.event(null, "restart");
  expect(segmentsAfter(600_000)).toBe(0);
});
