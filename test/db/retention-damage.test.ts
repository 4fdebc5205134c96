import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { IngestModel } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { StoreBed } from "../support/store-bed.ts";

const HOUR_MS = 3_600_000;

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
