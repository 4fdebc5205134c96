import { describe, expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import type { QueryLimits } from "../../../db/query/query-budget.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { Queries, type QueryAnswers } from "../../../db/readers/queries.ts";
import { type Ask, Reader } from "../../../db/readers/reader.ts";
import { CAUSE, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

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

describe("every gap row, and every run of a raster or of what is received, is a look at the time", () => {
  const NOTHING = (): Uint8Array<ArrayBuffer> => new Uint8Array();
  const TEXTS = { readings: NOTHING, series: NOTHING, points: NOTHING };
  const MANY = 100;

  /** Three devices: one has many runs, one lost many single numbers, one got such numbers late. */
  const play = (model: IngestModel): void => {
    const restarted = model.device("restarted");
    for (let epoch = 0; epoch < MANY; epoch++) model.receive(model.run(restarted, epoch), 0);
    for (const id of ["lost", "filled"]) {
      const run = model.run(model.device(id), 1, 0, ROW_FLAG.CURRENT);
      const readings = [{ channel: 1, value: 0, timeUs: model.nowUs }];
      for (let number = 0; number <= MANY; number++) model.receive(run, 2 * number, readings);
      model.close(run, CAUSE.NETWORK);
      if (id === "filled") for (let number = 0; number < MANY; number++) model.receive(run, 2 * number + 1);
    }
  };

  /** A query that may look at the clock so often. */
  const within = async (looks: number, ask: (reader: Reader) => Promise<unknown>): Promise<unknown> => {
    using bed = new StoreBed();
    const model = new IngestModel();
    const writer = bed.closing(bed.writer());
    play(model);
    writer.accept(model.seal());
    writer.flush();
    let nowMs = 0;
    const queries = new Queries(bed.closing(openForReading(bed.file)), TEXTS, () => nowMs++);
    const limits = { timeMs: looks, readings: Number.POSITIVE_INFINITY };
    const answer: Ask = async (query) => queries.answer(query, limits) as QueryAnswers[typeof query.kind];
    return await ask(new Reader(viewOf(writer), answer));
  };

  const SPAN = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const readingsOf = (device: string) => (reader: Reader) =>
    reader.readings({ device, channels: [], ...SPAN, order: "asc", limit: 1, after: null });
  const seriesOf = (device: string) => (reader: Reader) =>
    reader.seriesText({ device, channel: "ch1", ...SPAN, nowUs: 0, division: { points: 1 } }, "us");

  test.each<[string, (reader: Reader) => Promise<unknown>]>([
    ["a raster", (reader) => reader.raster({ devices: ["restarted"], size: 10, blocks: MANY })],
    [
      "what is received",
      (reader) => reader.received({ device: "restarted", epoch: null, limit: MANY, after: null }),
    ],
    ["completeness of readings", readingsOf("lost")],
    ["what a series lost", seriesOf("lost")],
    ["what a series got late", seriesOf("filled")],
  ])("%s", async (_what, ask) => {
    await expect(within(MANY - 1, ask)).rejects.toMatchObject({ code: "ERR_QUERY_TIMEOUT" });
    await expect(within(MANY + 20, ask)).resolves.not.toBeNull();
  });
});
