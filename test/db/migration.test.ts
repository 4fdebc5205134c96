import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../db/file/open.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { AbsentRanges } from "../../db/restore/absent-ranges.ts";
import { CHANNEL_NAMES } from "../../db/schema/channel-names.ts";
import { FLUSHES } from "../../db/schema/flushes.ts";
import { NEWEST_FLUSH } from "../../db/schema/newest-flush.ts";
import { VIEWS } from "../../db/schema/views.ts";
import { CAUSE, ROW } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { dumpView, StoreBed, viewOf } from "../support/store-bed.ts";

/** Takes away what the seventh migration added: each channel of each epoch has a row of its own. */
const BACK_TO_6 = `
CREATE TABLE former_channels (device_no INTEGER NOT NULL, epoch INTEGER, channel INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
  as_of INTEGER NOT NULL) STRICT;
INSERT INTO former_channels SELECT * FROM channels;
DROP VIEW channels;
DROP VIEW latest_values;
DROP TABLE channel_names;
DROP TABLE channel_epochs;
ALTER TABLE former_channels RENAME TO channels;
CREATE UNIQUE INDEX channels_key ON channels (device_no, ifnull(epoch, -1), channel);
CREATE VIEW latest_values AS SELECT device_no FROM latest;
PRAGMA user_version = 6;
`;

/** Takes away what the sixth migration added as well: a flush's journal, segment and data are rows of three tables again. */
const BACK_TO_5 = `${BACK_TO_6}
DROP VIEW state;
DROP VIEW fleet;
DROP VIEW segment_list;
CREATE TABLE journal (flush INTEGER PRIMARY KEY, changes BLOB NOT NULL, replay_from INTEGER NOT NULL, next_device INTEGER NOT NULL,
  next_run INTEGER NOT NULL, committed_at INTEGER NOT NULL, started_at INTEGER, stopped_at INTEGER, fleet TEXT NOT NULL);
INSERT INTO journal SELECT flush, changes, replay_from, next_device, next_run, committed_at, started_at, stopped_at, fleet FROM flushes
  WHERE flush >= (SELECT min(replay_from, flush) FROM flushes ORDER BY flush DESC LIMIT 1);
CREATE TABLE segment_data (segment INTEGER PRIMARY KEY, directory BLOB NOT NULL, data BLOB NOT NULL);
INSERT INTO segment_data SELECT flush, directory, data FROM flushes WHERE datagrams > 0;
INSERT INTO merged_segments SELECT * FROM segments WHERE level = 0;
DROP VIEW segments;
DROP TABLE flushes;
ALTER TABLE merged_segments RENAME TO segments;
CREATE VIEW segment_list AS SELECT segment FROM segments;
${NEWEST_FLUSH.slice(NEWEST_FLUSH.indexOf("CREATE VIEW state")).replace("DROP TABLE fleet;", "")}
PRAGMA user_version = 5;
`;

/** Takes away what the fifth migration added as well; where the collector stands and its counters are tables again. */
const BACK_TO_4 = `${BACK_TO_5}
CREATE TABLE former_state AS SELECT * FROM state;
CREATE TABLE former_fleet AS SELECT * FROM fleet WHERE count > 0;
DROP VIEW state;
DROP VIEW fleet;
ALTER TABLE former_state RENAME TO state;
ALTER TABLE former_fleet RENAME TO fleet;
DELETE FROM journal WHERE flush < (SELECT replay_from FROM state);
${["replay_from", "next_device", "next_run", "committed_at", "started_at", "stopped_at", "fleet"]
  .map((column) => `ALTER TABLE journal DROP COLUMN ${column};`)
  .join("\n")}
PRAGMA user_version = 4;
`;

/** Takes away what the fourth migration added as well; open gaps are rows again. */
const BACK_TO_3 = `${BACK_TO_4}
CREATE TABLE former (
  run_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  time_before INTEGER NOT NULL,
  time_after INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run_no, first)
) WITHOUT ROWID;
INSERT INTO former SELECT * FROM window_gaps;
DROP VIEW gap_list;
DROP VIEW window_gaps;
DROP TABLE open_gaps;
ALTER TABLE former RENAME TO window_gaps;
CREATE VIEW gap_list AS SELECT run_no FROM gaps;
PRAGMA user_version = 3;
`;

/** Takes away what the third migration added as well. */
const BACK_TO_2 = `${BACK_TO_3}
DROP VIEW gap_list;
ALTER TABLE gaps DROP COLUMN was_lost;
CREATE VIEW gap_list AS SELECT run_no FROM gaps;
PRAGMA user_version = 2;
`;

/** Takes away what the second migration added as well; nothing was merged. */
const BACK_TO_1 = `${BACK_TO_2}
DROP VIEW segment_list;
${["first_segment", "chunk_set", "first_page", "pages", "is_settled"]
  .map((column) => `ALTER TABLE segments DROP COLUMN ${column};`)
  .join("\n")}
DROP TABLE chunk_heads;
DROP TABLE chunk_pages;
DROP TABLE leftovers;
CREATE VIEW segment_list AS SELECT segment FROM segments;
PRAGMA user_version = 1;
`;

const readValues = async (file: string): Promise<unknown[]> => {
  const store = openReadOnly(file);
  const query = { device: "pump", channels: [], fromUs: null, toUs: null, order: "asc" as const, limit: 100 };
  const { readings } = await store.reader.readings({ ...query, after: null });
  store.close();
  return readings.map(({ values }) => values[0]);
};

test("segments of a database of version 1 are kept, and merged from then on", async () => {
  using bed = new StoreBed();
  // the last flush cannot be merged away: nothing stops
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 5; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const old = bed.copy();
  const db = new Database(old);
  db.exec(BACK_TO_1);
  db.close();
  bed.writer({ file: old, mergePolicy: { keptBytes: 0 } }).close();
  expect(await readValues(old)).toEqual([0, 1, 2, 3, 4]);
  const migrated = bed.closing(new Database(old));
  expect(migrated.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
  expect(migrated.prepare("SELECT first_segment, segment, level FROM segments").all()).toEqual([
    { first_segment: 1, segment: 5, level: 1 },
  ]);
});

test("segments of a database of version 5 are kept, merged or not, in its journal or not", async () => {
  using bed = new StoreBed();
  const mergePolicy = { chunkReadings: 4, flushesAtOnce: 3, segmentsAtOnce: 2, keptBytes: 0 };
  const writer = bed.closing(bed.writer({ mergePolicy }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 6; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
  }
  mergeOnce(writer, bed.file, mergePolicy.chunkReadings);
  const old = bed.copy();
  const ask = (sql: string): unknown[] => {
    const db = new Database(old);
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  };
  const segments = ask("SELECT * FROM segments ORDER BY segment");
  expect(segments).toMatchObject([
    { segment: 3, level: 1, first_segment: 1 },
    ...[4, 5, 6].map((segment) => ({ segment, level: 0 })),
  ]);
  const db = new Database(old);
  db.exec(BACK_TO_5);
  db.close();
  expect(ask("SELECT flush FROM journal")).toEqual([{ flush: 6 }]);
  expect(ask("SELECT segment FROM segment_data")).toEqual([4, 5, 6].map((segment) => ({ segment })));
  bed.writer({ file: old, mergePolicy: { keptBytes: Number.MAX_SAFE_INTEGER } }).close();
  expect(ask("SELECT * FROM segments ORDER BY segment")).toEqual(segments);
  expect(await readValues(old)).toEqual([0, 1, 2, 3, 4, 5]);
  bed.writer({ file: old, mergePolicy }).close();
  expect(ask("SELECT flush, datagrams FROM flushes")).toEqual([{ flush: 6, datagrams: 0 }]);
  expect(await readValues(old)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("a database whose update fails half way stays of its version, for the program that wrote it", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const db = new Database(bed.file);
  db.exec(BACK_TO_3);
  // the way of the sixth migration
  db.exec("CREATE TABLE flushes (flush INTEGER)");
  const schema = (): unknown => db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  const before = schema();
  expect(() => bed.writer()).toThrow();
  expect([db.pragma("user_version", { simple: true }), schema()]).toEqual([3, before]);
  db.exec("DROP TABLE flushes");
  db.close();
  bed.writer().close();
  bed.closing(openReadOnly(bed.file));
});

test("gaps that a database of version 2 has as filled were lost before", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (const sequence of [0, 3]) model.receive(run, sequence);
  model.close(run);
  model.receive(run, 1);
  writer.accept(model.seal());
  writer.flush();
  const old = bed.copy();
  const db = new Database(old);
  db.exec(BACK_TO_2);
  db.close();
  bed.writer({ file: old }).close();
  const migrated = bed.closing(new Database(old, { readonly: true }));
  expect(migrated.prepare("SELECT first, last, state, arrival FROM gap_list").all()).toEqual([
    { first: 1, last: 1, state: "filled", arrival: "late" },
    { first: 2, last: 2, state: "lost", arrival: null },
  ]);
});

test("open gaps that a database of version 3 has as rows are the same to whoever asks, and to a start", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const [run, other] = [model.run(model.device("pump"), 1), model.run(model.device("valve"), 1)];
  for (const sequence of [0, 3, 9, 12]) model.receive(run, sequence);
  for (const sequence of [5, 7, 6, 8]) model.receive(other, sequence);
  writer.accept(model.seal());
  writer.flush();
  const old = bed.copy();
  const db = new Database(old);
  db.exec(BACK_TO_3);
  // times go back and are not known; run 2 has none that are open
  db.exec("UPDATE window_gaps SET opened_at = opened_at - 5000000, time_before = 0 WHERE first = 4");
  db.exec("UPDATE window_gaps SET time_after = 0, requests = 7 WHERE first = 10");
  const rows = db.prepare("SELECT * FROM window_gaps").all();
  db.close();
  bed.writer({ file: old }).close();
  const migrated = bed.closing(new Database(old, { readonly: true }));
  expect(rows).toHaveLength(3);
  expect(migrated.prepare("SELECT * FROM window_gaps").all()).toEqual(rows);
  expect(migrated.prepare("SELECT run_no FROM open_gaps").pluck().all()).toEqual([run.run]);
  expect(new AbsentRanges(migrated).take(run.row)).toEqual(
    (rows as Record<string, number>[]).map((row) => ({
      first: row.first,
      last: row.last,
      state: "open",
      cause: CAUSE.UNDETERMINED,
      openedAt: row.opened_at,
      timeBefore: row.time_before,
      timeAfter: row.time_after,
      requests: row.requests,
    })),
  );
});

test.for([
  ["is in the journal", false],
  ["was in it, until a stop", true],
] as const)(
  "where a database of version 4 says that the collector stands stays so; its last flush %s",
  ([, stops]) => {
    using bed = new StoreBed();
    const writer = bed.writer();
    const model = new IngestModel();
    const run = model.run(model.device("pump"), 1);
    model.fleet.rejected = { "bad-magic": 3, "wrong-length": 4 };
    model.fleet.shed = 2;
    for (let sequence = 0; sequence < 3; sequence++) {
      model.receive(run, sequence);
      writer.accept(model.seal());
      writer.flush();
    }
    if (stops) writer.close();
    const old = bed.copy();
    if (!stops) writer.close();
    const ask = (tables: string[]): unknown[] => {
      const db = new Database(old);
      try {
        return tables.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());
      } finally {
        db.close();
      }
    };
    const [state, fleet] = ask(["state", "fleet WHERE count > 0"]);
    const db = new Database(old);
    db.exec(BACK_TO_4);
    expect(db.prepare("SELECT count(*) FROM journal").pluck().get()).toBe(stops ? 0 : 1);
    expect(
      db.prepare("SELECT type FROM sqlite_schema WHERE name IN ('state', 'fleet')").pluck().all(),
    ).toEqual(["table", "table"]);
    db.exec(NEWEST_FLUSH + FLUSHES + CHANNEL_NAMES);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    db.close();
    expect(ask(["state", "fleet WHERE count > 0"])).toEqual([state, fleet]);
    expect(fleet).toEqual([
      { counter: "datagrams", reason: "", count: 3 },
      { counter: "rejected", reason: "bad-magic", count: 3 },
      { counter: "rejected", reason: "wrong-length", count: 4 },
      { counter: "shed", reason: "", count: 2 },
    ]);
    const store = openReadOnly(old);
    expect(store.view.fleet()).toMatchObject({ counts: { received: 3, stored: 3 }, counters: model.fleet });
    store.close();
    bed.writer({ file: old }).close();
  },
);

test("names that a database of version 6 has in a row for each epoch are the same to whoever asks, and to a start", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const [pump, valve] = [model.device("pump"), model.device("valve")];
  for (const epoch of [5, 3, null, 9, 4]) {
    const run = model.run(pump, epoch);
    for (let channel = 0; channel < 40; channel++) {
      // the last epoch has every third name only
      if (epoch === 4 && channel % 3 !== 0) continue;
      model.describe(pump, epoch, channel, epoch === 9 && channel === 17 ? "other" : `n${channel}`, "Cel");
    }
    model.receive(run, 0, [{ channel: 17, value: 1, timeUs: 1 }]);
  }
  model.describe(valve, 1, 65_535, "open");
  model.receive(model.run(valve, 1), 0, [{ channel: 65_535, value: 1, timeUs: 1 }]);
  writer.accept(model.seal());
  writer.flush();
  while (writer.flush().outcome !== "idle");
  const old = bed.copy();
  const ask = (sql: string): unknown[] => {
    const db = new Database(old);
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  };
  const asked = [
    "SELECT device_no, epoch, channel, name, unit FROM channels ORDER BY 1, 2, 3",
    "SELECT * FROM latest_values",
    "SELECT * FROM channel_names",
    "SELECT epoch, described FROM channel_epochs",
  ];
  const before = asked.map(ask);
  expect(before[0]).toHaveLength(4 * 40 + 14 + 1);
  expect(before[1]).toMatchObject([
    { device: "pump", channel: "ch17", unit: null },
    { device: "valve", channel: "open" },
  ]);
  expect(before[3]).toMatchObject([
    { epoch: 5, described: "FFFFFFFFFF" },
    { epoch: 3, described: "FFFFFFFFFF" },
    { epoch: null, described: "FFFFFFFFFF" },
    { epoch: 9, described: "FFFFDFFFFF1" },
    { epoch: 4, described: "9429429429" },
    { epoch: 1, described: "1" },
  ]);
  const db = new Database(old);
  db.exec(BACK_TO_6);
  db.close();
  expect(ask("SELECT name FROM sqlite_schema WHERE name GLOB 'channel_*'")).toEqual([]);
  const later = bed.writer({ file: old });
  expect(dumpView(viewOf(later))).toEqual(dumpView(viewOf(writer)));
  later.close();
  expect(asked.map(ask)).toEqual(before);
  expect(ask("SELECT name FROM sqlite_schema WHERE name IN ('by_what', 'digits')")).toEqual([]);
});

test("of more names than are kept a database of version 6 keeps the oldest", () => {
  using bed = new StoreBed();
  const writer = bed.writer();
  const model = new IngestModel();
  const device = model.device("pump");
  for (let epoch = 0; epoch < 9; epoch++) model.run(device, epoch);
  writer.accept(model.seal());
  writer.flush();
  writer.close();
  const db = bed.closing(new Database(bed.file));
  db.exec(BACK_TO_6);
  const describe = db.prepare("INSERT INTO channels VALUES (?, ?, ?, ?, '', 1)");
  for (let epoch = 0; epoch < 9; epoch++)
    for (let channel = 0; channel < 1024; channel++)
      describe.run(device, epoch, channel, epoch > 0 && channel < 2 ? "same" : `n ${epoch}`);
  bed.writer().close();
  expect(db.prepare("SELECT count(*) FROM channel_names").pluck().get()).toBe(8192);
  expect(db.prepare("SELECT epoch, count(*) FROM channels GROUP BY epoch").raw().all()).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((epoch) => [epoch, 1024]),
    // the two it shares with others, and as many as there was room for
    [8, 2 + 7 * 2 - 2],
  ]);
});

test("runs are found by device and epoch, also in a database of version 8", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const db = bed.closing(new Database(bed.file));
  const columns = (): unknown =>
    db.prepare("SELECT name FROM pragma_index_info('epochs_by_device')").pluck().all();
  const fresh = columns();
  db.exec(
    "DROP INDEX epochs_by_device; CREATE INDEX epochs_by_device ON epochs (device_no); PRAGMA user_version = 8",
  );
  bed.writer().close();
  expect([fresh, columns()]).toEqual([
    ["device_no", "epoch"],
    ["device_no", "epoch"],
  ]);
});

test("the ledger for people has no high water of a run without a number, also in a database of version 7", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const device = model.device("pump");
  // a heartbeat that says that 0 comes next
  model.run(device, 3).row[ROW.FIRST] = 0;
  model.run(device, null);
  model.receive(model.run(device, 4), 7, []);
  writer.accept(model.seal());
  writer.flush();
  while (writer.flush().outcome !== "idle");
  const old = bed.copy();
  const db = bed.closing(new Database(old));
  db.exec(
    `DROP VIEW ledger; ${VIEWS.slice(0, VIEWS.indexOf("CREATE VIEW gap_list"))} PRAGMA user_version = 7`,
  );
  const ends = db.prepare("SELECT first, high_water, expected FROM ledger").raw();
  expect(ends.all()[0]).toEqual([0, -1, 0]);
  bed.writer({ file: old }).close();
  expect(ends.all()).toEqual([
    [0, null, 0],
    [null, null, 0],
    [7, 7, 1],
  ]);
});
