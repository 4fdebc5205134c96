import fc from "fast-check";
import { expect, test } from "vitest";
import type { Position } from "../../../db/query/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { StoreBed } from "../../support/store-bed.ts";

const CHUNK_READINGS = 4;

/** Sequence numbers 0 to `count` - 1 as they arrive: number `n` at about place `n`, late by its delay. */
const arrivals = (delays: readonly number[]): number[] =>
  delays
    .map((delay, sequence) => ({ sequence, at: sequence + delay }))
    .sort((a, b) => a.at - b.at || a.sequence - b.sequence)
    .map(({ sequence }) => sequence);

test("a cursor stays valid while the segments around it are merged, in both orders, with numbers late by any time", async () => {
  const delay = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) });
  const plan = fc.record({
    delays: fc.array(delay, { minLength: 20, maxLength: 50 }),
    flushEvery: fc.integer({ min: 1, max: 6 }),
    mergedBefore: fc.nat(4),
    order: fc.constantFrom("asc" as const, "desc" as const),
    limit: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ delays, flushEvery, mergedBefore, order, limit }) => {
      using bed = new StoreBed();
      const mergePolicy = {
        chunkReadings: CHUNK_READINGS,
        flushesAtOnce: 3,
        segmentsAtOnce: 2,
        keptBytes: 0,
      };
      const writer = bed.closing(bed.writer({ mergePolicy }));
      const model = new IngestModel();
      const run = model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT);
      const expected = delays.map((_, sequence) => sequence);
      // the first number is the first of the run: no later one may come below it
      for (const [index, sequence] of [0, ...arrivals(delays).filter((number) => number > 0)].entries()) {
        model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
        if (index % flushEvery !== 0) continue;
        writer.accept(model.seal());
        writer.flush();
      }
      writer.accept(model.seal());
      while (writer.flush().outcome !== "idle");
      const merge = (): boolean => mergeOnce(writer, bed.file, CHUNK_READINGS);
      for (let merges = 0; merges < mergedBefore; merges++) merge();
      const found: unknown[] = [];
      let after: Position | null = null;
      do {
        const store = openReadOnly(bed.file);
        const query = { device: "pump", channels: [], fromUs: null, toUs: null, order, limit, after };
        const page = await store.reader.readings(query);
        store.close();
        found.push(...page.readings.map(({ values }) => values[0]));
        after = page.next;
        merge();
      } while (after !== null);
      expect(found).toEqual(order === "asc" ? expected : expected.reverse());
    }),
    { numRuns: 60, interruptAfterTimeLimit: 2500 },
  );
});

test.each(["asc", "desc"] as const)(
  "a page %s that ended within a datagram goes on there when its segment was merged",
  async (order) => {
    using bed = new StoreBed();
    const mergePolicy = { chunkReadings: CHUNK_READINGS, flushesAtOnce: 6, keptBytes: 0 };
    const writer = bed.closing(bed.writer({ mergePolicy }));
    const model = new IngestModel();
    const run = model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT);
    for (let sequence = 0; sequence < 6; sequence++) {
      model.receive(run, sequence, [
        { channel: 1, value: 2 * sequence, timeUs: 2 * sequence },
        { channel: 1, value: 2 * sequence + 1, timeUs: 2 * sequence + 1 },
      ]);
      writer.accept(model.seal());
      writer.flush();
    }
    while (writer.flush().outcome !== "idle");
    const read = async (limit: number, after: Position | null) => {
      const store = openReadOnly(bed.file);
      const query = { device: "pump", channels: [], fromUs: null, toUs: null, order, limit, after };
      const { readings, next } = await store.reader.readings(query);
      store.close();
      return { found: readings.map(({ values }) => values[0]), next };
    };
    const before = await read(7, null);
    expect(mergeOnce(writer, bed.file, CHUNK_READINGS)).toBe(true);
    expect(writer.stored.segments).toBe(1);
    const behind = await read(20, before.next);
    const all = Array.from({ length: 12 }, (_, value) => value);
    expect([...before.found, ...behind.found]).toEqual(order === "asc" ? all : all.reverse());
  },
);
