import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { examineDatabase } from "../../db/check/examine.ts";
import { SCHEMA_VERSION } from "../../db/file/open.ts";
import type { Position } from "../../db/query/query-types.ts";
import { openReadOnly } from "../../db/read-only.ts";
import { damagedFile, fill, PAGE_BYTES } from "../support/damaged-database.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { spoilChunkPages, spoilFlushes } from "../support/spoil-segments.ts";
import { StoreBed } from "../support/store-bed.ts";

/** A page is written in the place of the one before it, as a disk may. */
const misplace = (file: string, page: number): void => {
  const bytes = readFileSync(file);
  const target = openSync(file, "r+");
  writeSync(target, bytes, (page - 1) * PAGE_BYTES, PAGE_BYTES, (page - 2) * PAGE_BYTES);
  closeSync(target);
};

/** 64 flushes become one merged segment, by default of many small chunks, six stay as they are: 20 numbers each. */
const fillAndMerge = (bed: StoreBed, chunkReadings = 1): void => {
  const writer = bed.closing(bed.writer({ mergePolicy: { keptBytes: 0 } }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  for (let sequence = 0; sequence < 1400; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: Math.random(), timeUs: sequence }], sequence);
    if (sequence % 20 !== 19) continue;
    writer.accept(model.seal());
    writer.flush();
    if (sequence === 1299) expect(mergeOnce(writer, bed.file, chunkReadings)).toBe(true);
  }
};

const ALL = { device: "pump", channels: [], fromUs: null, toUs: null, after: null, damage: "tell" } as const;

test("of a damaged chunk it is told between which numbers it lies; without that readings are an error", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ mergePolicy: { keptBytes: 0 } }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  const other = model.run(model.device("other"), 3);
  for (let sequence = 0; sequence < 2000; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: Math.random(), timeUs: sequence }], sequence);
    if (sequence === 5) model.receive(other, 0, [{ channel: 1, value: 1, timeUs: 0 }]);
    if (sequence % 20 !== 19) continue;
    writer.accept(model.seal());
    writer.flush();
  }
  while (writer.flush().outcome !== "idle");
  expect(mergeOnce(writer, bed.file, 200)).toBe(true);
  spoilChunkPages(bed.file, [1]);
  const store = bed.closing(openReadOnly(bed.file));
  for (const order of ["asc", "desc"] as const) {
    const { readings, completeness, damaged } = await store.reader.readings({ ...ALL, order, limit: 10_000 });
    const [part] = damaged!;
    expect(damaged).toMatchObject([{ epoch: 3, run: 0, count: part!.last! - part!.first! + 1 }]);
    expect(completeness).toMatchObject({
      expected: 2000,
      received: 2000 - part!.count!,
      damaged: part!.count,
    });
    const isLeft = (sequence: number): boolean => sequence < part!.first! || sequence > part!.last!;
    expect(readings.map(({ sequence }) => sequence).sort((a, b) => a! - b!)).toEqual(
      Array.from({ length: 2000 }, (_, sequence) => sequence).filter(isLeft),
    );
    const { damage: _, ...untold } = ALL;
    await expect(store.reader.readings({ ...untold, order, limit: 10_000 })).rejects.toThrow(
      damagedFile(bed.file),
    );
  }
});

test("where a span ends inside of what is damaged it is not claimed how many numbers lie in it", async () => {
  using bed = new StoreBed();
  fillAndMerge(bed, 100);
  spoilChunkPages(bed.file, [1]);
  const store = bed.closing(openReadOnly(bed.file));
  const ask = (toUs: number | null, limit: number) =>
    store.reader.readings({ ...ALL, toUs, order: "asc", limit });
  const [whole] = (await ask(null, 10_000)).damaged!;
  const { first, last } = whole!;
  expect(last! - first!).toBeGreaterThan(10);
  // each number has its own as its time; whether the page comes to the damage or not
  for (const limit of [10_000, 1]) {
    const { completeness, damaged } = await ask(first! + 5, limit);
    expect([completeness, damaged]).toEqual([
      { expected: first, received: first, missing: 0, lost: 0, unknown: 0 },
      [{ ...whole, count: null }],
    ]);
  }
  expect(await ask(last! + 1, 10_000)).toMatchObject({
    completeness: { expected: last! + 1, received: first, damaged: last! + 1 - first! },
    damaged: [whole],
  });
});

test("damaged readings that lie in a span take nothing from it whose numbers lie elsewhere", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  for (const [sequence, timeUs, readingUs] of [
    [0, 500, 100],
    [1, 110, 110],
  ] as const) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: readingUs }], timeUs);
    writer.accept(model.seal());
    writer.flush();
  }
  spoilFlushes(bed.file, [1]);
  const store = bed.closing(openReadOnly(bed.file));
  const { readings, completeness, damaged } = await store.reader.readings({
    ...ALL,
    ...{ fromUs: 50, toUs: 400, order: "asc", limit: 10 },
  });
  expect(readings.map(({ sequence }) => sequence)).toEqual([1]);
  expect(completeness).toEqual({ expected: 1, received: 1, missing: 0, lost: 0, unknown: 0 });
  expect(damaged).toMatchObject([{ segment: 1, count: null }]);
});

test("a page that begins behind a damaged flush leaves nothing out", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  const wanted = [0];
  model.receive(run, 0, [{ channel: 1, value: 0, timeUs: 0 }], 0);
  // every other number comes a flush later than its neighbours
  for (let flush = 1; flush <= 40; flush++) {
    for (const sequence of [flush * 4, flush * 4 + 2, flush * 4 - 3, flush * 4 - 1]) {
      model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }], sequence);
      if (flush % 7 !== 0) wanted.push(sequence);
    }
    writer.accept(model.seal());
    writer.flush();
  }
  spoilFlushes(bed.file, [7, 14, 21, 28, 35]);
  const store = bed.closing(openReadOnly(bed.file));
  for (const order of ["asc", "desc"] as const) {
    const sequences: (number | null)[] = [];
    const segments = new Set<number>();
    let after: Position | null = null;
    do {
      const page = await store.reader.readings({ ...ALL, order, limit: 3, after });
      sequences.push(...page.readings.map(({ sequence }) => sequence));
      for (const { segment } of page.damaged ?? []) segments.add(segment);
      after = page.next;
    } while (after !== null);
    wanted.sort((a, b) => (order === "asc" ? a - b : b - a));
    expect([sequences, [...segments].sort((a, b) => a - b)]).toEqual([wanted, [7, 14, 21, 28, 35]]);
  }
});

test("a byte that changed in a directory hides nothing without a word; one without a checksum is read as ever", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  for (let sequence = 0; sequence < 10; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: 1, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const db = bed.closing(new Database(bed.file));
  const read = db.prepare("SELECT directory FROM flushes WHERE flush = ?").pluck();
  const write = db.prepare("UPDATE flushes SET directory = ? WHERE flush = ?");
  const directory = read.get(4) as Buffer;
  write.run((read.get(7) as Buffer).subarray(5), 7);
  // without the first one it would be one without a checksum: what it says is whole
  for (let changed = 1; changed < 256; changed++) {
    const spoiled = Buffer.from(directory);
    spoiled[0] = changed;
    write.run(spoiled, 4);
    const store = openReadOnly(bed.file);
    const { readings, damaged } = await store.reader.readings({ ...ALL, order: "asc", limit: 100 });
    store.close();
    expect([readings.length, damaged]).toEqual([10, undefined]);
  }
  for (let at = 1; at < directory.length; at++) {
    const spoiled = Buffer.from(directory);
    spoiled[at]! ^= 2;
    write.run(spoiled, 4);
    const store = openReadOnly(bed.file);
    const { readings, damaged } = await store.reader.readings({ ...ALL, order: "asc", limit: 100 });
    store.close();
    expect(readings.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
    expect(damaged).toEqual([{ epoch: 3, run: 0, segment: 4, first: null, last: null, count: null }]);
  }
});

const damagedReadings = (file: string, ...segments: number[]) =>
  expect.objectContaining({
    code: "ERR_DATABASE_DAMAGED",
    message: expect.stringMatching(
      new RegExp(
        `^readings in the database ${file} are damaged \\(segment (${segments.join("|")}) .*\\): a collector starts`,
      ),
    ),
  });

test("a byte that is wrong in a stored flush, or in a chunk, is found before a start", () => {
  using bed = new StoreBed();
  fill(bed);
  spoilFlushes(bed.file, [1]);
  expect(() => examineDatabase(bed.file, 0)).toThrow(damagedReadings(bed.file, 1));
  using other = new StoreBed();
  const writer = other.writer({ mergePolicy: { keptBytes: 0 } });
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  for (let sequence = 0; sequence < 2000; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: Math.random(), timeUs: sequence }], sequence);
    if (sequence % 20 !== 19) continue;
    writer.accept(model.seal());
    writer.flush();
  }
  expect(mergeOnce(writer, other.file, 100)).toBe(true);
  writer.close();
  expect(examineDatabase(other.file, 0)).toBe(SCHEMA_VERSION);
  spoilChunkPages(other.file, [1]);
  expect(() => examineDatabase(other.file, 0)).toThrow(damagedReadings(other.file, 64));
});

/** What is said of a flush is so much more. @returns the change, and what undoes it */
const shifted = (column: string, by: number) => {
  const change = (sum: string) => `UPDATE flushes SET ${column} = ${column} + ${sum} WHERE flush = 69`;
  return [change(`${by}`), change(`${-by}`)] as const;
};

test("so is what is said wrong of a segment, or lies in another place: queries do not find its readings then", () => {
  using bed = new StoreBed();
  fillAndMerge(bed);
  const file = bed.copy();
  expect(examineDatabase(file, 0)).toBe(SCHEMA_VERSION);
  const db = bed.closing(new Database(file));
  for (const [change, undo] of [
    ["UPDATE merged_segments SET chunk_set = 77", "UPDATE merged_segments SET chunk_set = 1"],
    ["UPDATE merged_segments SET chunk_set = 0", "UPDATE merged_segments SET chunk_set = 1"],
    ["UPDATE merged_segments SET level = 0", "UPDATE merged_segments SET level = 1"],
    ["UPDATE merged_segments SET pages = pages + 1", "UPDATE merged_segments SET pages = pages - 1"],
    ["UPDATE merged_segments SET first_segment = 77", "UPDATE merged_segments SET first_segment = 1"],
    ["UPDATE merged_segments SET segment = 69", "UPDATE merged_segments SET segment = 64"],
    [
      "UPDATE merged_segments SET first_reading_time = 1",
      "UPDATE merged_segments SET first_reading_time = 0",
    ],
    ["UPDATE chunk_heads SET run_no = 77", "UPDATE chunk_heads SET run_no = 1"],
    [
      "UPDATE chunk_heads SET part = 1000000 WHERE part = 0",
      "UPDATE chunk_heads SET part = 0 WHERE part = 1000000",
    ],
    // it would lie over the one before it
    ["UPDATE merged_segments SET first_segment = 0", "UPDATE merged_segments SET first_segment = 1"],
    ...["runs", "datagrams", "readings", "first_time", "first_reading_time", "first_arrival"].map((column) =>
      shifted(column, 1),
    ),
    ...["last_time", "last_reading_time", "last_arrival"].map((column) => shifted(column, -1)),
  ] as const) {
    db.exec(change);
    expect(() => examineDatabase(file, 0), change).toThrow(damagedReadings(file, 64, 65, 69));
    db.exec(undo);
    expect(examineDatabase(file, 0), undo).toBe(SCHEMA_VERSION);
  }
});

test.each([
  ["a row of heads that is missing", "DELETE FROM chunk_heads WHERE part = 0"],
  ["a segment said to be another one's", "UPDATE merged_segments SET chunk_set = 0"],
  [
    "a row of heads said to be a text",
    `PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '') WHERE name = 'chunk_heads';
     PRAGMA writable_schema = RESET;
     UPDATE chunk_heads SET heads = CAST(heads AS TEXT)`,
  ],
])("%s is damage as any", async (_, change) => {
  using bed = new StoreBed();
  fillAndMerge(bed);
  const db = bed.closing(new Database(bed.file));
  db.unsafeMode();
  db.exec(change);
  const store = bed.closing(openReadOnly(bed.file));
  const { readings, damaged } = await store.reader.readings({ ...ALL, order: "asc", limit: 10_000 });
  expect(readings.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 120 }, (_, at) => 1280 + at));
  expect(damaged).toEqual([{ epoch: 3, run: 0, segment: 64, first: null, last: null, count: null }]);
});

test("segments whose rows lie in another place are not gone through for ever", async () => {
  using bed = new StoreBed();
  const writer = bed.writer({ mergePolicy: { flushesAtOnce: 1000 } });
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 3);
  for (let sequence = 0; sequence < 100; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }], sequence);
    writer.accept(model.seal());
    writer.flush();
  }
  while (writer.flush().outcome !== "idle");
  const file = bed.copy();
  writer.close();
  const db = new Database(file);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const pages = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'flushes' AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .all() as number[];
  db.close();
  const page = pages.find((page, at) => pages[at - 1] === page - 1)!;
  misplace(file, page);
  expect(() => examineDatabase(file, 0)).toThrow(damagedFile(file));
  const store = bed.closing(openReadOnly(file));
  await expect(store.reader.readings({ ...ALL, order: "desc", limit: 1000 })).rejects.toThrow(
    damagedFile(file),
  );
});
