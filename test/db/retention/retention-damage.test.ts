import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import { SCHEMA_VERSION } from "../../../db/file/open.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { damagedFile, spoil } from "../../support/damaged-database.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { StoreBed } from "../../support/store-bed.ts";

const HOUR_MS = 3_600_000;

/** The first page that has rows of a table, or entries of an index. */
const leafOf = (file: string, name: string): number => {
  const db = new Database(file, { readonly: true });
  const page = db
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .get(name);
  db.close();
  return page as number;
};

test.each([
  [
    "the directory of a flush",
    "UPDATE flushes SET directory = substr(directory, 1, 1) WHERE flush = 3",
    false,
  ],
  [
    "the heads of a merged segment",
    "UPDATE chunk_heads SET heads = substr(heads, 1, length(heads) - 1)",
    true,
  ],
])("where %s is damaged the segment stays, and the others go", (_, damage, isMerged) => {
  using bed = new StoreBed();
  const first = bed.writer({ mergePolicy: { keptBytes: 0 } });
  const model = new IngestModel({ nowUs: bed.clock.wallUs() });
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 100; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    first.accept(model.seal());
    first.flush();
  }
  while (first.flush().outcome !== "idle");
  if (isMerged) expect(mergeOnce(first, bed.file, 1000)).toBe(true);
  const db = new Database(bed.file);
  db.exec(damage);
  db.close();
  first.close();
  bed.clock.stepWallUs(3_600_000_000);
  const writer = bed.closing(bed.writer({ retentionMs: 60_000 }));
  while (writer.flush().outcome !== "idle");
  const kept = isMerged ? 64 : 1;
  expect([writer.stored.readings, writer.stored.segments]).toEqual([kept, 1]);
  expect(writer.damage).toMatch(/^segment \d+ of the database cannot be removed: .*(damaged|truncated).*$/);
  expect(writer.state.sums.counts()).toMatchObject({ received: 100 });
});

test("however many segments are damaged, one flush finds a few of them, and in time the others go", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: HOUR_MS }));
  const model = new IngestModel({ nowUs: bed.clock.wallUs() });
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < 50; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const db = bed.closing(new Database(bed.file));
  db.exec("UPDATE flushes SET directory = x'' WHERE flush <= 40");
  bed.clock.advanceMs(2 * HOUR_MS);
  const found = [1, 2, 3, 4, 5, 6].map(() => {
    writer.flush();
    return writer.state.damage.length;
  });
  expect(found).toEqual([8, 16, 24, 32, 40, 40]);
  while (writer.flush().outcome !== "idle");
  expect([writer.stored.segments, writer.state.sums.counts().expired]).toEqual([40, 10]);
});

test.each([
  ["a page of events", "events", (file: string) => spoil(file, leafOf(file, "events")), 0],
  // the row it is of is whole, and without it cannot be deleted
  ["an entry of an index", "gap rows", (file: string) => spoil(file, leafOf(file, "gaps_by_close"), 1), 0],
  ["a page of chunk heads", "segment 64", (file: string) => spoil(file, leafOf(file, "chunk_heads")), 1400],
  [
    "a page of a chunk set",
    "what was left of chunk set 1",
    (file: string) => spoil(file, leafOf(file, "chunk_pages")),
    0,
  ],
  // of a database with auto-vacuum it says where the pages behind it belong
  ["the second page", "free pages", (file: string) => spoil(file, 2), 0],
] as const)(
  "what cannot be removed as %s is damaged stays, and is told; all else goes, at each start",
  (_, told, damage, kept) => {
    using bed = new StoreBed();
    const first = bed.writer({ mergePolicy: { keptBytes: 0 } });
    const model = new IngestModel({ nowUs: bed.clock.wallUs() });
    const device = model.device("pump");
    const run = model.run(device, 3);
    const flush = (writer: Writer): void => {
      for (let count = 0; count < 20; count++) {
        model.receive(run, run.row[ROW.HIGH_WATER]! + 2, [
          { channel: 1, value: Math.random(), timeUs: model.nowUs },
        ]);
        model.event(device, "restart");
      }
      model.close(run);
      writer.accept(model.seal());
      do expect(writer.flush().outcome).not.toBe("failed");
      while (writer.pendingBatches > 0);
      while (writer.flush().outcome !== "idle");
    };
    for (let count = 0; count < 70; count++) flush(first);
    expect(mergeOnce(first, bed.file, 1000)).toBe(true);
    first.close();
    expect(examineDatabase(bed.file, 0)).toBe(SCHEMA_VERSION);
    damage(bed.file);
    expect(() => examineDatabase(bed.file, 0)).toThrow(damagedFile(bed.file));
    for (let start = 1; start <= 2; start++) {
      bed.clock.stepWallUs(3_600_000_000);
      model.nowUs = bed.clock.wallUs();
      const writer = bed.writer({ retentionMs: 60_000 });
      flush(writer);
      writer.close();
      expect(writer.damage).toMatch(
        new RegExp(
          `^${told} of the database cannot be removed: (database disk image is malformed|their index)`,
        ),
      );
      expect(writer.stored.readings).toBe(kept + 20);
      expect(writer.state.sums.counts()).toMatchObject({
        received: 1400 + 20 * start,
        expired: 1400 - kept + 20 * (start - 1),
      });
    }
  },
);
