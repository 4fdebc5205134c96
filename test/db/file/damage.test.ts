import { existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { LacunaError } from "../../../common/errors.ts";
import { examineDatabase } from "../../../db/check/examine.ts";
import { orDamaged } from "../../../db/file/damage.ts";
import { isPassingFailure, SCHEMA_VERSION } from "../../../db/file/open.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { ReaderThread } from "../../../db/readers/reader-thread.ts";
import { openArchive } from "../../../db/restore/archive.ts";
import { damagedFile, fill, PAGE_BYTES, spoil } from "../../support/damaged-database.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** Where a table or index begins, from 1. */
const firstPageOf = (file: string, name: string): number => {
  const db = new Database(file, { readonly: true });
  const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(name);
  db.close();
  return page as number;
};

// the last one is no table that a start reads
test.each(["devices", "epochs", "latest", "gaps", "flushes", "merged_segments", "chunk_pages"])(
  "a damaged page of %s is found before a start, and the file stays as it is",
  (name) => {
    using bed = new StoreBed();
    fill(bed);
    expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
    spoil(bed.file, firstPageOf(bed.file, name));
    const before = readFileSync(bed.file);
    expect(() => examineDatabase(bed.file, 0)).toThrow(damagedFile(bed.file));
    expect(readFileSync(bed.file).equals(before)).toBe(true);
  },
);

test("a start and a reader say that a database is damaged, which one, and what can be done", () => {
  using bed = new StoreBed();
  fill(bed);
  spoil(bed.file, firstPageOf(bed.file, "devices"));
  expect(() => bed.writer()).toThrow(damagedFile(bed.file));
  expect(() => openReadOnly(bed.file)).toThrow(damagedFile(bed.file));
});

// whose first bytes nobody may read: EIO
const UNREADABLE = "/proc/self/mem";
test.runIf(existsSync(UNREADABLE))(
  "what the disk does not give is no damage: it may pass, and nobody is told to move the database away",
  () => {
    using bed = new StoreBed();
    fill(bed);
    const malformed = new Database.SqliteError("database disk image is malformed", "SQLITE_CORRUPT");
    const unreadable = orDamaged(UNREADABLE, malformed);
    expect(unreadable).toMatchObject({
      code: "ERR_DATABASE_UNREADABLE",
      message: expect.stringMatching(/^the database \/proc\/self\/mem cannot be read from its disk \(EIO: /),
    });
    expect(isPassingFailure(unreadable)).toBe(true);
    expect(orDamaged(bed.file, malformed)).toEqual(damagedFile(bed.file));
  },
);

test.runIf(existsSync(UNREADABLE))(
  "the disk is not looked at again for what another thread has told: it takes long, and that one has done so",
  () => {
    const told = new LacunaError("SQLITE_CORRUPT", "database disk image is malformed");
    expect(orDamaged(UNREADABLE, told)).toBe(told);
  },
);

const LOCKS = "/proc/locks";
/** What this process has locked of a file. */
const locksOn = (file: string): string[] => {
  const { ino } = statSync(file);
  const isOurs = new RegExp(` ${process.pid} [0-9a-f:]+:${ino} `);
  return readFileSync(LOCKS, "utf8")
    .split("\n")
    .filter((line) => isOurs.test(line));
};
test.runIf(existsSync(LOCKS))(
  "a question that meets damage leaves the database locked: the sqlite3 of somebody else would remove the log of one that is not",
  () => {
    using bed = new StoreBed();
    bed.closing(bed.writer());
    const before = locksOn(bed.file).length;
    expect(before).toBeGreaterThan(0);
    orDamaged(bed.file, new Database.SqliteError("database disk image is malformed", "SQLITE_CORRUPT"));
    expect(locksOn(bed.file)).toHaveLength(before);
  },
);

test.each(["devices", "epochs", "channel_names", "latest"])(
  "so does what an ingest worker goes on from, of a damaged page of %s",
  (name) => {
    using bed = new StoreBed();
    fill(bed);
    spoil(bed.file, firstPageOf(bed.file, name));
    const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
    expect(() => [...archive.restored(10).devices]).toThrow(damagedFile(bed.file));
  },
);

test("a table that could not be saved is damage as any", () => {
  using bed = new StoreBed();
  fill(bed);
  const db = new Database(bed.file);
  db.exec("DROP TABLE forgotten");
  db.close();
  expect(() => openReadOnly(bed.file)).toThrow(damagedFile(bed.file));
  expect(() => examineDatabase(bed.file, 0)).toThrow(damagedFile(bed.file));
});

test("so is a letter that is another one in what the tables are made by", () => {
  using bed = new StoreBed();
  fill(bed);
  const db = new Database(bed.file);
  db.unsafeMode();
  db.exec(
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'is_settled', 'is_settlee') WHERE name = 'segments'",
  );
  db.close();
  for (const read of [() => bed.writer(), () => openReadOnly(bed.file), () => examineDatabase(bed.file, 0)])
    expect(read).toThrow(damagedFile(bed.file));
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
  expect(() => writer.flush()).toThrow(damagedFile(bed.file));
});

test.each(["a page", "open gaps"])("so does a question that meets the damage of %s", async (what) => {
  using bed = new StoreBed();
  fill(bed);
  if (what === "a page") {
    spoil(bed.file, firstPageOf(bed.file, "gaps_by_close"));
    spoil(bed.file, firstPageOf(bed.file, "gaps"));
  } else {
    const db = bed.closing(new Database(bed.file));
    db.exec("INSERT INTO open_gaps VALUES (1, 1, 1, '[[0,')");
  }
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
  ).rejects.toThrow(damagedFile(bed.file));
});

test("so does a reader of a row that another table has now, which SQLite takes for the one of forgotten devices", () => {
  using bed = new StoreBed();
  fill(bed);
  const db = new Database(bed.file);
  db.unsafeMode();
  db.exec(
    `PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'devices') WHERE name = 'forgotten'`,
  );
  db.close();
  for (const read of [() => bed.writer(), () => openReadOnly(bed.file)])
    expect(read).toThrow(damagedFile(bed.file));
});

test("so does a thread for questions that cannot begin with what is there", async () => {
  using bed = new StoreBed();
  fill(bed);
  truncateSync(bed.file, PAGE_BYTES);
  const thread = new ReaderThread({ file: bed.file, textsUrl: null });
  const limits = { readings: 1, timeMs: 60_000 };
  const query = {
    kind: "received",
    request: { device: "pump-7", epoch: null, limit: 1, after: null },
  } as const;
  await expect(thread.run({ query, limits })).rejects.toThrow(damagedFile(bed.file));
});

test.each([
  "UPDATE open_gaps SET gaps = '[Z' || substr(gaps, 3)",
  "UPDATE open_gaps SET gaps = '5'",
  `UPDATE open_gaps SET gaps = '[[0,"0",0,0,0,0]]'`,
  // whoever looked for a number in it would look for ever
  "UPDATE open_gaps SET gaps = '[[0,-5,0,0,0,0]]'",
  "UPDATE gaps SET last = first - 1",
  "UPDATE gaps SET last = last + 2",
  "UPDATE gaps SET cause = 'netwark'",
  "UPDATE gaps SET first = first - 0.5",
  `UPDATE flushes SET fleet = '{"x' WHERE flush = (SELECT max(flush) FROM flushes)`,
  // a disk may change of what kind a value is said to be
  "UPDATE epochs SET in_order = 'x'",
  "UPDATE epochs SET in_order = in_order + 0.5",
  "UPDATE epochs SET first_arrival = x'00'",
  "UPDATE epochs SET interval = 'x'",
  "UPDATE latest SET sequence = 'x'",
  "UPDATE latest SET value = 'x'",
  "DELETE FROM flushes",
  "DELETE FROM forgotten",
  // a start would never end
  "UPDATE flushes SET replay_from = 0 WHERE flush = (SELECT max(flush) FROM flushes)",
])("what a start cannot go on from is damage, before it and at it: %s", (change) => {
  using bed = new StoreBed();
  const writer = bed.writer();
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 3);
  model.describe(device, 3, 1, "temperature");
  for (const sequence of [0, 2]) model.receive(run, sequence);
  model.close(run);
  for (const sequence of [4, 5])
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
  writer.accept(model.seal());
  writer.flush();
  writer.close();
  const db = bed.closing(new Database(bed.file));
  expect(db.prepare(change).run().changes).toBe(1);
  expect(() => examineDatabase(bed.file, 0)).toThrow(damagedFile(bed.file));
  expect(() => {
    const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
    for (const _ of archive.restored(10, () => true).devices);
    bed.writer().close();
  }).toThrow(damagedFile(bed.file));
});

test("an event whose detail is no JSON object any more is told without it, and hides no other", async () => {
  using bed = new StoreBed();
  const writer = bed.writer();
  const model = new IngestModel();
  const device = model.device("pump");
  const details = ['{"from":1,"to":2}', '{"from":1,"t', "5", "null", "[1]"];
  for (const _ of details) model.event(device, "restart");
  writer.accept(model.seal());
  writer.flush();
  writer.close();
  const db = bed.closing(new Database(bed.file));
  const write = db.prepare("UPDATE events SET detail = ? WHERE event = ?");
  for (const [at, detail] of details.entries()) write.run(detail, at + 1);
  const store = bed.closing(openReadOnly(bed.file));
  const all = { device: "pump", kind: null, fromUs: null, toUs: null, limit: 10, after: null };
  const { events } = await store.reader.events({ ...all, order: "asc" });
  const damaged = { damaged: true };
  expect(events.map(({ detail }) => detail)).toEqual([
    { from: 1, to: 2 },
    ...[damaged, damaged, damaged, damaged],
  ]);
});
