import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelSummary, ChunkHead } from "../../../db/chunk/chunk-head.ts";
import { ChunkStore } from "../../../db/chunk/chunk-store.ts";
import { type HeadsRow, HeadsWriter } from "../../../db/chunk/heads-row.ts";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { CRC_BYTES } from "../../../db/codec/checksum.ts";
import { encodeBlock } from "../../../db/segment/block.ts";
import { GrowingColumns } from "../../../db/segment/growing-columns.ts";

const summary = (channel: number, index: number): ChannelSummary => ({
  ...{
    channel,
    count: 100,
    nonFinite: 0,
    min: Math.sin(channel),
    max: Math.cos(channel),
    sum: Math.E * channel,
  },
  ...{ last: Math.PI, lastReadingTimeUs: index, lastSequence: 10 * index },
});

/** Chunks of a run: the more channels, the fewer of their heads fit into a row. */
const headsOf = (chunks: number, channels: number): ChunkHead[] =>
  Array.from({ length: chunks }, (_, index) => ({
    ...{ datagrams: 10, readings: 10 * channels, firstSequence: 10 * index, lastSequence: 10 * index + 9 },
    ...{ firstTimeUs: index, lastTimeUs: index + 1, firstReadingTimeUs: index, lastReadingTimeUs: index + 1 },
    channels: Array.from({ length: channels }, (_, channel) => summary(channel, index)),
    bytes: 100 + index,
  }));

const databaseOf = (rows: readonly HeadsRow[]): Database.Database => {
  const db = new Database(":memory:");
  db.exec(`CREATE TABLE chunk_heads (chunk_set, run_no, part, heads, PRIMARY KEY (chunk_set, run_no, part)) WITHOUT ROWID;
    CREATE TABLE chunk_pages (page INTEGER PRIMARY KEY, data)`);
  const insert = db.prepare("INSERT INTO chunk_heads VALUES (1, ?, ?, ?)");
  for (const { run, part, heads } of rows) insert.run(run, part, heads);
  return db;
};

/** Where each chunk of a run lies in the data: they follow each other, run by run. */
const placesOf = (runs: ReadonlyMap<number, ChunkHead[]>): Map<number, number[]> => {
  let at = 0;
  return new Map(
    Array.from(runs, ([run, heads]) => [
      run,
      heads.map(({ bytes }) => {
        at += bytes + CRC_BYTES;
        return at - bytes - CRC_BYTES;
      }),
    ]),
  );
};

const expectAll = (
  store: ChunkStore,
  runs: ReadonlyMap<number, ChunkHead[]>,
  order: readonly number[],
): void => {
  const places = placesOf(runs);
  for (const run of order) {
    const found = store.chunksOf({ chunkSet: 1, firstPage: 7 }, run);
    expect(found.map(({ firstSequence, dataFrom }) => [firstSequence, dataFrom])).toEqual(
      (runs.get(run) ?? []).map(({ firstSequence }, index) => [firstSequence, places.get(run)![index]]),
    );
  }
};

test("every chunk of every run is found, however its heads are spread over rows, whatever was asked before", () => {
  const run = fc.record({
    gap: fc.integer({ min: 1, max: 3 }),
    chunks: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(40), { maxLength: 30 }),
      (plan, order) => {
        const runs = new Map<number, ChunkHead[]>();
        const writer = new HeadsWriter(0);
        let number = 0;
        for (const { gap, chunks, channels } of plan) {
          number += gap;
          const heads = headsOf(chunks, channels);
          runs.set(number, heads);
          writer.add(number, false, heads);
        }
        const db = databaseOf(writer.end());
        expectAll(new ChunkStore(db), runs, [...order, ...runs.keys()]);
        db.close();
      },
    ),
  );
});

test("a run that begins in a row of another one is found whole, as sets of before may have it", () => {
  const runs = new Map([
    [3, headsOf(1, 8)],
    [4, headsOf(12, 8)],
  ]);
  for (const order of [[4], [3, 4], [4, 3, 4]]) {
    const writer = new HeadsWriter(0);
    writer.add(3, false, runs.get(3)!);
    writer.add(4, false, runs.get(4)!.slice(0, 2));
    const shared = writer.end();
    writer.add(4, false, runs.get(4)!.slice(2));
    const further = writer.end().map((row) => ({ ...row, part: row.part + 2 }));
    expect(shared).toHaveLength(1);
    const db = databaseOf([...shared, ...further]);
    expectAll(new ChunkStore(db), runs, order);
    db.close();
  }
});

test("a chunk is read from rows of 8,152 bytes, which is what those of a set that lies there have, wherever it begins and ends", () => {
  const page = 8152;
  const columns = new GrowingColumns();
  columns.reserve(200, 200);
  for (let at = 0; at < 200; at++) {
    columns.sequence[at] = at;
    columns.readingStart[at + 1] = at + 1;
    columns.value[at] = (Math.sin(at) * 1e9) % 1;
  }
  const out = new ByteWriter();
  encodeBlock(out, columns, 0, 200, 0, true);
  const bytes = out.length;
  out.u32(crc32(out.written()));
  const chunk = { ...headsOf(1, 0)[0]!, datagrams: 200, firstTimeUs: 0, bytes, firstPage: 7 };
  const length = bytes + CRC_BYTES;
  for (const dataFrom of [0, page - length, page - length + 1, page - 1, page, 2 * page - 5]) {
    const data = Buffer.alloc(3 * page, 0xff);
    data.set(out.written(), dataFrom);
    const db = databaseOf([]);
    const insert = db.prepare("INSERT INTO chunk_pages VALUES (?, ?)");
    for (const at of [0, 1, 2]) insert.run(7 + at, data.subarray(at * page, (at + 1) * page));
    const read = new ChunkStore(db).read({ ...chunk, dataFrom }, new GrowingColumns());
    expect(read.value.subarray(0, 200)).toEqual(columns.value.subarray(0, 200));
    db.close();
  }
});
