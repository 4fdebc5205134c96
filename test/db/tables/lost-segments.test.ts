import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** Four flushes of five numbers each, of which the first two are merged; what arrived first has been removed, a device forgotten. */
const fill = (bed: StoreBed): string => {
  const writer = bed.closing(
    bed.writer({ mergePolicy: { keptBytes: 0, flushesAtOnce: 2 }, retentionMs: 3_600_000 }),
  );
  const model = new IngestModel({ nowUs: bed.clock.wallUs() - 2 * 3_600_000_000 });
  const [pump, forged] = [model.device("pump"), model.device("forged")];
  const [run, gone] = [model.run(pump, 3), model.run(forged, 1)];
  const flush = (): void => {
    writer.accept(model.seal());
    writer.flush();
  };
  const receive = (run: ModelRun, sequence: number): void =>
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
  receive(run, 0);
  flush();
  model.nowUs = bed.clock.wallUs();
  receive(gone, 7);
  model.forget(forged);
  for (let turn = 0; turn < 4; turn++) {
    for (let offset = 0; offset < 5; offset++) receive(run, 1 + turn * 5 + offset);
    flush();
  }
  expect(mergeOnce(writer, bed.file, 2)).toBe(true);
  return bed.copy();
};

const damageOf = (bed: StoreBed, file: string): [ofAStart: string | null, ofAReader: string | null] => {
  const reader = openReadOnly(file);
  const { lost } = reader;
  reader.close();
  const writer = bed.writer({ file });
  const { damage } = writer;
  writer.close();
  return [damage, lost];
};

test("nothing is gone where retention, merges and forgotten devices took what they may", () => {
  using bed = new StoreBed();
  expect(damageOf(bed, fill(bed))).toEqual([null, null]);
});

test.each(["merged_segments", "flushes"])(
  "a row of %s that is gone is told at a start and by a reader: all the rest is whole",
  (table) => {
    using bed = new StoreBed();
    const file = fill(bed);
    const db = new Database(file);
    const found = db
      .prepare(`SELECT datagrams, rowid AS row FROM ${table} WHERE datagrams > 0 LIMIT 1`)
      .get();
    const { datagrams, row } = found as { datagrams: number; row: number };
    db.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(row);
    db.close();
    const told = `of the 21 numbers that the ledger calls stored, ${datagrams} are in no segment`;
    expect(damageOf(bed, file)).toEqual([told, told]);
    // which looks at each run besides
    expect(() => examineDatabase(file, 0)).toThrow(/device pump, epoch 3, run 0: .* stored/);
  },
);
