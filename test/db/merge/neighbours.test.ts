import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openReadOnly } from "../../../db/read-only.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

const mergePolicy = { chunkReadings: 4, keptBytes: 0 };

/** The values of a device, page by page. */
const valuesOf = async (file: string, device: string): Promise<unknown[]> => {
  const store = openReadOnly(file);
  const query = { device, channels: [], fromUs: null, toUs: null, order: "asc" as const, limit: 1 };
  const values: unknown[] = [];
  let page = await store.reader.readings({ ...query, after: null });
  for (;;) {
    values.push(...page.readings.flatMap(({ values }) => values));
    if (page.next === null) break;
    page = await store.reader.readings({ ...query, after: page.next });
  }
  store.close();
  return values;
};

test("nothing is merged around a segment that is settled", async () => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const runs = ["a", "b", "c"].map((id) => model.run(model.device(id), 1));
  let value = 0;
  /** Each stop merges what it has: into a segment that is still small, one that is full for its runs, one that the first is small beside. */
  for (const counts of [[1, 1, 1], [2], [20]]) {
    const writer = bed.writer({ mergePolicy });
    for (const [index, count] of counts.entries()) {
      for (let reading = 0; reading < count; reading++) {
        const run = runs[index]!;
        model.receive(run, value, [{ channel: 1, value: value, timeUs: value }]);
        value++;
      }
    }
    writer.accept(model.seal());
    writer.flush();
    writer.close();
  }
  const db = bed.closing(new Database(bed.file));
  expect(db.prepare("SELECT first_segment, segment FROM segments ORDER BY segment").all()).toEqual(
    [1, 2, 3].map((segment) => ({ first_segment: segment, segment })),
  );
  expect(await valuesOf(bed.file, "a")).toEqual([0, ...Array.from({ length: 22 }, (_, index) => 3 + index)]);
});
