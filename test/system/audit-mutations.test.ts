import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alterFirstValue } from "../support/alter-reading.ts";
import { runLacuna, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";

/** One number altered anywhere, in the truth or in the database: the audit must exit 1 and name it. */

interface Line {
  device: string;
  epoch: number;
  next: number;
  dropped: [number, number][];
  corrupted: [number, number][];
  copies: [number, number, number][];
}

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const truth = `${directory.path}/truth.jsonl`;
const db = `${directory.path}/audited.db`;

beforeAll(async () => {
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", db]);
  const simulated = await runLacuna([
    ...["simulate", "--target", `udp://127.0.0.1:${collector.ports[0]}`, "--truth", truth],
    ...["--devices", "10", "--rate", "50", "--duration", "2s"],
    ...["--loss", "0.05", "--corrupt", "0.03", "--duplicate", "0.05"],
    // what is lost stays lost
    ...["--ring", "0"],
  ]);
  expect(simulated.code).toBe(0);
  expect((await runLacuna(["audit", "--truth", truth, "--api", collector.api])).code).toBe(0);
  expect((await collector.stop()).code).toBe(0);
});

/** The truth with one record changed; `change` returns true when it found something to change. */
const alteredTruth = (change: (record: Line) => boolean): { path: string; device: string } => {
  const [header, ...lines] = readFileSync(truth, "utf8").trim().split("\n");
  const records = lines.map((line) => JSON.parse(line) as Line);
  const altered = records.find(change);
  if (altered === undefined) throw new Error("nothing in the truth to alter");
  const path = `${directory.path}/altered.jsonl`;
  writeFileSync(path, `${[header, ...records.map((record) => JSON.stringify(record))].join("\n")}\n`);
  return { path, device: altered.device };
};

const alteredDatabase = (change: (database: Database.Database) => void): string => {
  const path = `${directory.path}/altered.db`;
  copyFileSync(db, path);
  const database = new Database(path);
  change(database);
  database.close();
  return path;
};

const isInside = (record: Line, number: number): boolean => number > 0 && number < record.next - 1;

test.each([
  [
    "dropped",
    "received",
    (record: Line) => {
      const range = record.dropped.find(([first, last]) => first === last && isInside(record, first));
      if (range === undefined) return false;
      record.dropped.splice(record.dropped.indexOf(range), 1);
      return true;
    },
  ],
  [
    "corrupted",
    "received",
    (record: Line) => {
      const range = record.corrupted.find(([first, last]) => first === last && isInside(record, first));
      if (range === undefined) return false;
      record.corrupted.splice(record.corrupted.indexOf(range), 1);
      return true;
    },
  ],
  [
    "copies",
    "duplicates",
    (record: Line) => {
      const [copy] = record.copies;
      if (copy === undefined) return false;
      copy[2] += 1;
      return true;
    },
  ],
])("one number altered in %s of the truth", async (_, subject, change) => {
  const { path, device } = alteredTruth(change);
  const audited = await runLacuna(["audit", "--truth", path, "--db", db]);
  expect(audited.stdout).toMatch(new RegExp(`^${subject}: device ${device}`, "m"));
  expect(audited.code).toBe(1);
});

test.each([
  ["a stored value", /^value: device sim-\d+/m, alterFirstValue],
  [
    "a ledger counter",
    /^(counter|duplicates): device sim-\d+/m,
    (database: Database.Database) => {
      database.exec(
        "UPDATE epochs SET duplicates = duplicates + 1 WHERE run_no = (SELECT min(run_no) FROM epochs)",
      );
    },
  ],
  [
    "a gap",
    /^received: device sim-\d+, epoch \d+, \d+: truth: delivered; ledger: lost or missing/m,
    (database: Database.Database) => {
      database.exec(
        "UPDATE gaps SET last = last + 1 WHERE (run_no, first) = (SELECT run_no, first FROM gaps ORDER BY run_no, first LIMIT 1)",
      );
    },
  ],
])("one number altered in %s", async (_, named, change) => {
  const audited = await runLacuna(["audit", "--truth", truth, "--db", alteredDatabase(change)]);
  expect(audited.stdout).toMatch(named);
  expect(audited.code).toBe(1);
});

test("numbers nobody heard at the beginning of an epoch are not taken for those before the collector listened", async () => {
  const heads = alteredDatabase((database) => {
    database.exec(
      "UPDATE epochs SET first = first + 1, in_order = in_order - 1 WHERE run_no = (SELECT min(run_no) FROM epochs)",
    );
  });
  const audited = await runLacuna(["audit", "--truth", truth, "--db", heads]);
  expect(audited.stdout).toMatch(
    /^received: device sim-\d+, epoch \d+, 0: truth: delivered; ledger: not expected/m,
  );
  expect(audited.code).toBe(1);
});
