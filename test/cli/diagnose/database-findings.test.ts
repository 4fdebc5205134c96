import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { databaseFindings, fileSystemAdvice, roomFindings } from "../../../cli/diagnose/database-findings.ts";
import { SCHEMA_VERSION } from "../../../db/file/open.ts";
import { StoreBed } from "../../support/store-bed.ts";

/** Of a new database in the bed's directory; the advice depends on the machine. */
const worstOf = (file: string) =>
  databaseFindings(file, 0).filter(({ severity }) => severity !== "advice")[0]!;

test("a database that is not there yet is well, and is not made", () => {
  using bed = new StoreBed();
  const { severity, sentence } = worstOf(bed.file);
  expect([severity, sentence]).toEqual([
    "note",
    expect.stringMatching(/lacuna\.db will be made; .* are free$/),
  ]);
  expect(readdirSync(bed.directory)).toEqual([]);
});

test("a database of ours is well, and stays as it is", () => {
  using bed = new StoreBed();
  bed.writer().close();
  const before = readdirSync(bed.directory);
  expect(worstOf(bed.file)).toMatchObject({
    severity: "note",
    sentence: expect.stringContaining(`has schema version ${SCHEMA_VERSION};`),
  });
  expect(readdirSync(bed.directory)).toEqual(before);
});

test("of a database copied without its log is said that it has nothing in it", () => {
  using bed = new StoreBed();
  writeFileSync(bed.file, "");
  const sentence = expect.stringMatching(/lacuna\.db has nothing in it; .* its -wal/);
  expect(databaseFindings(bed.file, 0)).toContainEqual(
    expect.objectContaining({ severity: "advice", sentence }),
  );
});

test("a directory that is not there comes with the command that makes it", () => {
  using bed = new StoreBed();
  expect(worstOf(join(bed.directory, "no", "lacuna.db"))).toMatchObject({
    severity: "problem",
    fix: `mkdir -p ${bed.directory}/no`,
  });
});

test("links that lead nowhere are a problem, one to a database that will be made is none", () => {
  using bed = new StoreBed();
  const [loop, link] = [`${bed.directory}/loop.db`, `${bed.directory}/link.db`];
  symlinkSync("loop.db", loop);
  symlinkSync("lacuna.db", link);
  expect([loop, link].map(worstOf)).toMatchObject([
    { severity: "problem", sentence: expect.stringMatching(/loop\.db: ELOOP/) },
    { severity: "note", sentence: expect.stringMatching(/will be made/) },
  ]);
});

test("a database that another process owns is a problem that names it", () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  expect(worstOf(bed.file)).toMatchObject({
    severity: "problem",
    sentence: expect.stringContaining(`in use by process ${process.pid}`),
  });
});

test("one that a collector would refuse for its other name is a problem, and is not looked at without the log of whoever has it open", () => {
  using bed = new StoreBed();
  bed.closing(bed.writer());
  const other = join(bed.directory, "other");
  mkdirSync(other);
  linkSync(bed.file, `${other}/link.db`);
  expect(databaseFindings(`${other}/link.db`, 0)).toMatchObject([
    {
      severity: "problem",
      sentence: expect.stringMatching(
        /^no collector opens the database .*link\.db: it has 2 names \(hard links\)/,
      ),
    },
  ]);
  expect(readdirSync(other)).toEqual(["link.db"]);
});

test("what is no database of ours is a problem, and nothing is left beside it", () => {
  using bed = new StoreBed();
  writeFileSync(bed.file, "a text that is long enough to be taken for a database header".repeat(30));
  mkdirSync(`${bed.directory}/directory`);
  const problems = [bed.file, `${bed.directory}/directory`, `${bed.file}/lacuna.db`].map(worstOf);
  expect(problems.map(({ severity, sentence }) => [severity, sentence])).toEqual([
    ["problem", expect.stringContaining("not a database")],
    ["problem", expect.stringContaining("is no file")],
    ["problem", expect.stringContaining("is no directory")],
  ]);
  expect(readdirSync(bed.directory)).toEqual(["directory", "lacuna.db"]);
});

test.each([
  [0x6969, "network file system (NFS)"],
  [0x01021994, "in memory (tmpfs)"],
  [0x794c7630, "an overlay"],
])("a file system of type %d is advised against", (type, words) => {
  expect(fileSystemAdvice(type, "/data/lacuna.db")).toMatchObject([
    { severity: "advice", sentence: expect.stringContaining(words), fix: expect.any(String) },
  ]);
});

test("of ext4 nothing is said", () => {
  expect(fileSystemAdvice(0xef53, "/data/lacuna.db")).toEqual([]);
});

test("a full disk is a problem, one that does not tell its size is none", () => {
  const told = (blocks: number, bavail: number) =>
    roomFindings({ blocks, bavail, bsize: 4096 }, "/data").map(({ severity, sentence, fix }) => [
      severity,
      sentence,
      fix,
    ]);
  const full = ["problem", expect.stringMatching(/^the disk of \/data is full: /), "df -h /data"];
  expect([told(5120, 0), told(5120, 255), told(5120, 256), told(0, 0)]).toEqual([[full], [full], [], []]);
});
