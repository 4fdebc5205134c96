import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import {
  beginLogAnew,
  isPassingFailure,
  openForReading,
  SCHEMA_VERSION,
  type Sqlite,
} from "../../../db/file/open.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { EPOCH_COLUMNS } from "../../../db/schema/columns.ts";
import { CAUSES, ROW_FIELDS } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

test("a second process is refused, naming the first and the file", () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  expect(() => bed.writer()).toThrow(
    expect.objectContaining({
      code: "ERR_DATABASE_OWNED",
      message: expect.stringMatching(
        new RegExp(`lacuna.db is in use by process ${process.pid} on ${hostname()}`),
      ),
    }),
  );
});

test.each([true, false])(
  "it has one owner whatever links lead to it, also when the first one made it: %s",
  (isNew) => {
    using bed = new StoreBed();
    if (!isNew) bed.writer().close();
    const link = `${bed.directory}/link.db`;
    symlinkSync("lacuna.db", link);
    bed.closing(bed.writer({ file: link }));
    expect(existsSync(`${link}-lock`)).toBe(false);
    expect(() => bed.writer()).toThrow(expect.objectContaining({ code: "ERR_DATABASE_OWNED" }));
  },
);

test("one with another name by a hard link is refused, beside a collector or not, and may be read", () => {
  using bed = new StoreBed();
  const writer = bed.writer();
  const link = `${bed.directory}/link.db`;
  linkSync(bed.file, link);
  const refused = expect.objectContaining({
    code: "ERR_DATABASE_OPEN",
    message: `cannot open the database ${link}: it has 2 names (hard links), and each would have a log of its own: remove the others, or copy it`,
  });
  expect(() => bed.writer({ file: link })).toThrow(refused);
  expect(readdirSync(bed.directory).filter((name) => name.startsWith("link"))).toEqual(["link.db"]);
  writer.close();
  expect(() => bed.writer({ file: link })).toThrow(refused);
  bed.closing(openForReading(bed.file));
  expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
  rmSync(link);
  bed.closing(bed.writer());
});

test("a database that was closed can be owned again", () => {
  using bed = new StoreBed();
  bed.writer().close();
  bed.closing(bed.writer());
});

test("readers need no ownership", () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  bed.closing(openForReading(bed.file));
});

test("a database from the future is refused, for writing and for reading, and is not touched", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const db = new Database(bed.file);
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  const fromFuture = expect.objectContaining({ code: "ERR_DATABASE_FROM_FUTURE" });
  expect(() => bed.writer()).toThrow(fromFuture);
  expect(() => openForReading(bed.file)).toThrow(fromFuture);
});

test("another program's database is refused: not a byte of it is changed, and nothing is left beside it", () => {
  using bed = new StoreBed();
  const db = new Database(bed.file);
  db.pragma("auto_vacuum = FULL");
  db.exec("CREATE TABLE bookmarks (url TEXT)");
  db.close();
  const before = readFileSync(bed.file);
  expect(() => bed.writer()).toThrow(expect.objectContaining({ code: "ERR_DATABASE_FOREIGN" }));
  expect(readFileSync(bed.file).equals(before)).toBe(true);
  expect(readdirSync(bed.directory)).toEqual(["lacuna.db"]);
});

test("so is one of another program that has no table yet", () => {
  using bed = new StoreBed();
  const db = new Database(bed.file);
  db.pragma("user_version = 5");
  db.close();
  const foreign = expect.objectContaining({ code: "ERR_DATABASE_FOREIGN" });
  expect(() => bed.writer()).toThrow(foreign);
  expect(() => examineDatabase(bed.file, 0)).toThrow(foreign);
});

test("a lock file that was there before stays when a database is refused", () => {
  using bed = new StoreBed();
  bed.writer().close();
  writeFileSync(bed.file, "something else ".repeat(300));
  expect(() => bed.writer()).toThrow(expect.objectContaining({ code: "ERR_DATABASE_OPEN" }));
  expect(readdirSync(bed.directory)).toContain("lacuna.db-lock");
});

test("a file that is no database is refused with its name", () => {
  using bed = new StoreBed();
  writeFileSync(
    bed.file,
    "a text that is long enough to be taken for a database header, were it one".repeat(30),
  );
  expect(() => bed.writer()).toThrow(
    expect.objectContaining({ code: "ERR_DATABASE_OPEN", message: expect.stringContaining(bed.file) }),
  );
  expect(readdirSync(bed.directory)).toEqual(["lacuna.db"]);
});

test("what is damaged is said with its place, at a start and by a query", async () => {
  using bed = new StoreBed();
  // tables that are behind: a start replays the flush
  const writer = bed.closing(bed.writer({ checkpointLagMs: 1000 }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 2; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: 0 }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const [file, unstarted, spoiled] = [bed.copy(), bed.copy(), bed.copy()];
  const damage = "UPDATE flushes SET data = substr(data, 1, length(data) - 1) WHERE flush = 2";
  for (const damaged of [bed.file, file, unstarted]) {
    const db = bed.closing(new Database(damaged));
    db.exec(damage);
  }
  const query = { device: "pump", channels: [], fromUs: null, toUs: null, limit: 10, after: null } as const;
  const sentence = "segment 2 of the database is damaged: ";
  // it goes on without its newest values
  const started = bed.writer({ file });
  expect([started.damage, started.state.sums.counts().received]).toEqual([
    expect.stringContaining(sentence),
    2,
  ]);
  started.close();
  expect(() => examineDatabase(unstarted, 0)).toThrow(
    expect.objectContaining({ code: "ERR_DATABASE_DAMAGED", message: expect.stringContaining(sentence) }),
  );
  // not without what it says of the ledger
  const other = new Database(spoiled);
  const changes = other.prepare("SELECT changes FROM flushes WHERE flush = 2").pluck().get() as Buffer;
  changes[changes.length >> 1]! ^= 1;
  other.prepare("UPDATE flushes SET changes = ? WHERE flush = 2").run(changes);
  other.close();
  expect(() => bed.writer({ file: spoiled })).toThrow(
    expect.objectContaining({
      code: "ERR_DATABASE_DAMAGED",
      message: expect.stringContaining(
        `the database ${spoiled} is damaged (${sentence}journal record 2 is damaged`,
      ),
    }),
  );
  for (let more = 0; writer.waitingDevices > 0 && more < 10; more++) {
    bed.clock.advanceMs(1000);
    writer.flush();
  }
  const damagedStore = bed.closing(openReadOnly(bed.file));
  await expect(damagedStore.reader.readings({ ...query, order: "asc" })).rejects.toThrow(
    expect.objectContaining({ code: "ERR_DATABASE_DAMAGED", message: expect.stringContaining(sentence) }),
  );
});

test("a database that was copied without its log is not said to be of an older schema", () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  const file = bed.copy();
  rmSync(`${file}-wal`);
  expect(() => openForReading(file)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/has nothing in it: .*-wal/) }),
  );
});

test("a missing directory is refused with the file's name", () => {
  using bed = new StoreBed();
  const file = `${bed.directory}/nowhere/lacuna.db`;
  expect(() => bed.writer({ file })).toThrow(
    expect.objectContaining({
      code: "ERR_DATABASE_OPEN",
      message: `cannot open the database ${file}: there is no directory ${bed.directory}/nowhere`,
    }),
  );
});

test("what stands where a database should be is named", () => {
  using bed = new StoreBed();
  const refused = (message: string) => expect.objectContaining({ code: "ERR_DATABASE_OPEN", message });
  expect(() => openForReading(bed.file)).toThrow(
    refused(`cannot open the database ${bed.file}: there is no such file`),
  );
  mkdirSync(bed.file);
  const directory = refused(`cannot open the database ${bed.file}: it is a directory`);
  expect(() => openForReading(bed.file)).toThrow(directory);
  expect(() => bed.writer()).toThrow(directory);
  const pipe = `${bed.directory}/pipe`;
  execFileSync("mkfifo", [pipe]);
  const noFile = refused(`cannot open the database ${pipe}: it is no file`);
  expect(() => openForReading(pipe)).toThrow(noFile);
  expect(() => bed.writer({ file: pipe })).toThrow(noFile);
});

test("so is a file that stands where its directory should be", () => {
  using bed = new StoreBed();
  writeFileSync(bed.file, "");
  const file = `${bed.file}/lacuna.db`;
  expect(() => bed.writer({ file })).toThrow(
    expect.objectContaining({
      code: "ERR_DATABASE_OPEN",
      message: expect.stringMatching(new RegExp(`^cannot open the database ${file}: ENOTDIR`)),
    }),
  );
});

test("a path or a name that is too long for SQLite is told as that", () => {
  using bed = new StoreBed();
  const deep = `${bed.directory}${`/${"d".repeat(200)}`.repeat(3)}`;
  mkdirSync(deep, { recursive: true });
  writeFileSync(`${deep}/lacuna.db`, "");
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_DATABASE_OPEN", message: expect.stringMatching(message) });
  expect(() => bed.writer({ file: `${deep}/lacuna.db` })).toThrow(
    refused(/^cannot write .*-lock: its path is too long for SQLite/),
  );
  expect(() => openForReading(`${deep}/lacuna.db`)).toThrow(
    refused(/^cannot open the database .*: its path is too long for SQLite/),
  );
  expect(() => bed.writer({ file: `${bed.directory}/${"n".repeat(250)}` })).toThrow(
    refused(/^cannot write .*-lock: its name is too long: SQLite makes another/),
  );
});

test("a file that only fails to be opened gives its ownership back", () => {
  using bed = new StoreBed();
  writeFileSync(bed.file, "no database".repeat(200));
  expect(() => bed.writer()).toThrow();
  writeFileSync(bed.file, "");
  bed.closing(bed.writer());
});

test("each field of a ledger row but run and device has its column in epochs", () => {
  expect(EPOCH_COLUMNS).toHaveLength(ROW_FIELDS - 2);
});

test("the views for people can be read and show times as text", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel({ nowUs: Date.UTC(2026, 10, 20, 12) * 1000 });
  const device = model.device("pump-7");
  const run = model.run(device, 3);
  model.describe(device, 3, 1, "temperature", "Cel");
  model.receive(run, 0, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
  model.receive(run, 4, [{ channel: 1, value: Number.NaN, timeUs: model.nowUs }]);
  model.close(run);
  model.receive(run, 6);
  model.event(device, "restart");
  writer.accept(model.seal());
  writer.flush();
  while (writer.waitingDevices > 0) writer.flush();
  const db = bed.closing(new Database(bed.file, { readonly: true }));
  const all = (view: string): unknown => db.prepare(`SELECT * FROM ${view}`).all();
  expect(all("ledger")).toMatchObject([
    {
      device: "pump-7",
      epoch: 3,
      run: 0,
      expected: 7,
      received: 3,
      missing: 1,
      lost: 3,
      [`lost_${CAUSES.at(-1)}`]: 3,
      stored: 3,
      completeness: 0.428571,
      first_arrival: "2026-11-20T12:00:00.000000Z",
    },
  ]);
  expect(all("gap_list")).toMatchObject([
    { device: "pump-7", first: 1, last: 3, count: 3, state: "lost", cause: "undetermined" },
    { device: "pump-7", first: 5, last: 5, count: 1, state: "open", cause: null },
  ]);
  expect(all("latest_values")).toMatchObject([
    { device: "pump-7", channel: "temperature", unit: "Cel", value: "NaN" },
  ]);
  expect(all("event_list")).toMatchObject([{ kind: "restart", device: "pump-7" }]);
  expect(all("segment_list")).toMatchObject([{ segment: 1, level: 0, datagrams: 3, readings: 2 }]);
});

test("a full disk is a failure that may pass, a broken rule of the schema is not", () => {
  using bed = new StoreBed();
  const db = bed.closing(new Database(bed.file));
  db.exec("CREATE TABLE filled (bytes BLOB UNIQUE)");
  const insert = db.prepare("INSERT INTO filled VALUES (zeroblob(?))");
  const failure = (bytes: number): unknown => {
    try {
      insert.run(bytes);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  insert.run(1);
  expect(isPassingFailure(failure(1))).toBe(false);
  db.pragma("max_page_count = 4");
  expect(failure(1_000_000)).toMatchObject({ code: "SQLITE_FULL" });
  expect(isPassingFailure(failure(1_000_000))).toBe(true);
});

test("a log that cannot be read, and so not begin anew, does not change what a failed commit is", () => {
  const pragma = (): never => {
    throw new Database.SqliteError("database disk image is malformed", "SQLITE_CORRUPT");
  };
  expect(beginLogAnew({ pragma } as unknown as Sqlite)).toBe(false);
});
