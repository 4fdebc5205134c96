import { expect, test } from "vitest";
import type { QueryLimits } from "../../db/query-budget.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

/** Asks for the ten readings that two flushes brought. */
const ask = async (limits: QueryLimits): Promise<number> => {
  using bed = new StoreBed();
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const writer = bed.closing(bed.writer());
  for (let sequence = 0; sequence < 10; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 0, timeUs: model.nowUs }]);
    if (sequence === 4) writer.accept(model.seal());
    writer.flush();
  }
  writer.accept(model.seal());
  writer.flush();
  const store = bed.closing(openReadOnly(bed.file, { limits }));
  const query = { device: "pump", channels: [], fromUs: null, toUs: null, limit: 100, after: null };
  return (await store.reader.readings({ ...query, order: "asc" })).readings.length;
};

test("a query within its limits is answered", async () => {
  expect(await ask({ timeMs: 10_000, readings: 10 })).toBe(10);
});

test("a query that would read too many readings is refused with the bound", async () => {
  await expect(ask({ timeMs: 10_000, readings: 9 })).rejects.toMatchObject({
    code: "ERR_QUERY_TOO_LARGE",
    message: "the query would read more than 9 readings; ask for a shorter span of time",
  });
});

test("a query that takes too long is ended with the bound", async () => {
  await expect(ask({ timeMs: -1, readings: 100 })).rejects.toMatchObject({ code: "ERR_QUERY_TIMEOUT" });
});
