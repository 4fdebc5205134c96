import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../db/examine.ts";
import { SCHEMA_VERSION } from "../../db/open.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

const PAGE_BYTES = 8192;

const fill = (bed: StoreBed): void => {
  const writer = bed.writer();
  const model = new IngestModel({ nowUs: Date.UTC(2026, 10, 20) * 1000 });
  const run = model.run(model.device("pump-7"), 3);
  for (const sequence of [0, 2, 3])
    model.receive(run, sequence, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
  model.close(run);
  writer.accept(model.seal());
  writer.flush();
  writer.close();
};

/** Where a table or index begins, from 1. */
const firstPageOf = (file: string, name: string): number => {
  const db = new Database(file, { readonly: true });
  const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(name);
  db.close();
  return page as number;
};

const spoil = (file: string, page: number): void => {
  const target = openSync(file, "r+");
  writeSync(target, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(target);
};

const damaged = (file: string) =>
  expect.objectContaining({
    code: "ERR_DATABASE_DAMAGED",
    message: expect.stringMatching(
      new RegExp(`^the database ${file} is damaged \\([^*\n]+\\): .*moved away.*docs/storage\\.md`),
    ),
  });

// the last one is no table that a start reads
test.each(["devices", "epochs", "latest", "gaps", "flushes", "merged_segments", "chunk_pages"])(
  "a damaged page of %s is found before a start, and the file stays as it is",
  (name) => {
    using bed = new StoreBed();
    fill(bed);
    expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
    spoil(bed.file, firstPageOf(bed.file, name));
    const before = readFileSync(bed.file);
    expect(() => examineDatabase(bed.file, 0)).toThrow(damaged(bed.file));
    expect(readFileSync(bed.file).equals(before)).toBe(true);
  },
);

test("a start and a reader say that a database is damaged, which one, and what can be done", () => {
  using bed = new StoreBed();
  fill(bed);
  spoil(bed.file, firstPageOf(bed.file, "devices"));
  expect(() => bed.writer()).toThrow(damaged(bed.file));
  expect(() => openReadOnly(bed.file)).toThrow(damaged(bed.file));
});

test("so does a writer that meets the damage while it runs", () => {
  using bed = new StoreBed();
  fill(bed);
  const writer = bed.writer();
  const model = new IngestModel({ nowUs: Date.UTC(2026, 10, 20) * 1000 });
  const run = model.run(model.device("pump-8"), 3);
  model.receive(run, 0, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
  model.receive(run, 2, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
  model.close(run);
  writer.accept(model.seal());
  const other = new Database(bed.file);
  other.pragma("wal_checkpoint(TRUNCATE)");
  other.close();
  spoil(bed.file, firstPageOf(bed.file, "gaps_by_close"));
  spoil(bed.file, firstPageOf(bed.file, "gaps"));
  expect(() => writer.flush()).toThrow(damaged(bed.file));
});

test("so does a question that meets the damage", async () => {
  using bed = new StoreBed();
  fill(bed);
  spoil(bed.file, firstPageOf(bed.file, "gaps_by_close"));
  spoil(bed.file, firstPageOf(bed.file, "gaps"));
  const store = bed.closing(openReadOnly(bed.file));
  await expect(
    store.reader.gaps({
      device: "pump-7",
      state: null,
      cause: null,
      fromUs: null,
      toUs: null,
      limit: 10,
      order: "asc",
      after: null,
    }),
  ).rejects.toThrow(damaged(bed.file));
});
