import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { LacunaError } from "../../../common/errors.ts";
import { openForReading } from "../../../db/file/open.ts";
import { MergeLoop } from "../../../db/merge/merge-loop.ts";
import type { MergeCommand } from "../../../db/merge/merge-messages.ts";
import type { MergeLot, MergeResult, SegmentRow } from "../../../db/merge/merge-task.ts";
import { DamagedInputError, Merger } from "../../../db/merge/merger.ts";
import { readStateRow } from "../../../db/tables/state-row.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { FullDisk } from "../../support/no-room.ts";
import { noThread } from "../../support/refused-threads.ts";
import { spoilFlushes } from "../../support/spoil-segments.ts";
import { StoreBed } from "../../support/store-bed.ts";

const POLICY = { chunkReadings: 4, flushesAtOnce: 3, segmentsAtOnce: 2, keptBytes: 0 };
const FLUSHES = 9;

/** A writer with flushes of one reading each. */
const filledWriter = (bed: StoreBed, mergePolicy = POLICY): Writer => {
  const writer = bed.writer({ mergePolicy });
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < FLUSHES; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
  }
  return writer;
};

/** The same, and the loop with what it has asked its merger for. */
const loopOver = (
  bed: StoreBed,
  writer = filledWriter(bed),
): { writer: Writer; loop: MergeLoop; asked: MergeCommand[] } => {
  bed.closing(writer);
  const asked: MergeCommand[] = [];
  const merger = { post: (command: MergeCommand) => asked.push(command) };
  const loop = new MergeLoop(writer.merging, () => writer.beginMerge(), merger, bed.clock);
  return { writer, loop, asked };
};

const nextOf = (
  lots: ReturnType<Merger["merge"]>,
): IteratorResult<MergeLot, MergeResult> | DamagedInputError => {
  try {
    return lots.next();
  } catch (error) {
    if (error instanceof DamagedInputError) return error;
    throw error;
  }
};

/** Does what the loop asks for until it asks for nothing more, or so many merges are done. */
const mergeAll = (
  bed: StoreBed,
  loop: MergeLoop,
  asked: MergeCommand[],
  most = Infinity,
  file = bed.file,
): void => {
  const db = bed.closing(openForReading(file));
  const merger = new Merger(db, POLICY.chunkReadings, 1);
  let lots: ReturnType<Merger["merge"]> | undefined;
  let chunkSet = 0;
  let merges = 0;
  for (let command = asked.shift(); command !== undefined; command = asked.shift()) {
    if (command.command === "merge") {
      ({ chunkSet } = command.task);
      lots = merger.merge(command.task);
    }
    const step = nextOf(lots!);
    if (step instanceof DamagedInputError) {
      const { code, message, segment: damagedSegment } = step;
      loop.handle({ report: "failed", chunkSet, code, message, damagedSegment });
    } else if (step.done === true) {
      loop.handle({ report: "merged", chunkSet, result: step.value });
      if (++merges === most) return;
    } else loop.handle({ report: "lot", chunkSet, lot: step.value });
  }
};

test.each<[string, (inputs: SegmentRow[]) => void, (result: MergeResult) => Partial<MergeResult>]>([
  ["lacks a reading", () => {}, ({ readings }) => ({ readings: readings - 1 })],
  ["has a datagram too many", () => {}, ({ datagrams }) => ({ datagrams: datagrams + 1 })],
  ["lies around a segment that it does not hold", (inputs) => inputs.splice(1, 1), () => ({})],
])("what %s takes nobody's place", (_what, spoilInputs, spoil) => {
  using bed = new StoreBed();
  const writer = bed.closing(filledWriter(bed));
  const task = writer.beginMerge()!;
  spoilInputs(task.inputs as SegmentRow[]);
  const db = bed.closing(openForReading(bed.file));
  const { value, done } = new Merger(db, POLICY.chunkReadings, 1).merge(task).next();
  if (done !== true) throw new Error("a lot goes ahead");
  const segments = () => db.prepare("SELECT segment, level, readings FROM segments").all();
  const before = segments();
  expect(() => writer.merging.adopt({ ...value, ...spoil(value) })).toThrow(
    expect.objectContaining({ code: "ERR_MERGE_INCOMPLETE" }),
  );
  expect(segments()).toEqual(before);
  expect(before).toHaveLength(FLUSHES);
});

test("one merge follows the other until nothing is left to merge", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  const before = writer.merging.figures.unmergedSegments;
  loop.step();
  mergeAll(bed, loop, asked);
  expect(before).toBe(FLUSHES);
  expect(writer.merging.figures.unmergedSegments).toBeLessThan(POLICY.flushesAtOnce + POLICY.segmentsAtOnce);
  expect(writer.merging.figures.merges).toBeGreaterThan(1);
  expect(writer.merging.error).toBeNull();
});

test("while a merge runs no other is begun, and what belongs to one that was given up is ignored", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  loop.step();
  loop.step();
  expect(asked).toHaveLength(1);
  const { chunkSet } = writer.merging.current!;
  writer.merging.abandon();
  loop.handle({ report: "lot", chunkSet, lot: { pages: new Uint8Array(10), heads: [] } });
  expect(asked).toHaveLength(1);
  expect(writer.merging.figures.merges).toBe(0);
});

test("pages and heads of a merge that is given up half way are swept; one that goes to its end keeps both", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ mergePolicy: { ...POLICY, flushesAtOnce: 2 } }));
  const model = new IngestModel();
  const runs = Array.from({ length: 2000 }, (_, index) => model.run(model.device(`pump-${index}`), 1));
  for (let sequence = 0; sequence < 3; sequence++) {
    for (const run of runs) {
      model.receive(run, sequence, [{ channel: 1, value: sequence / 3, timeUs: sequence }]);
    }
    writer.accept(model.seal());
    writer.flush();
  }
  // the tables hold 2,000 devices only after some idle flushes
  while (writer.flush().outcome !== "idle") bed.clock.advanceMs(1000);
  const db = bed.closing(openForReading(bed.file));
  const rows = (table: string): number => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  const merger = new Merger(db, POLICY.chunkReadings, 1);

  const lots = merger.merge(writer.beginMerge()!);
  for (let count = 0; count < 3; count++) writer.merging.stage(lots.next().value as MergeLot);
  expect(rows("chunk_pages")).toBe(3);
  expect(rows("chunk_heads")).toBeGreaterThan(3);
  writer.merging.abandon();
  while (writer.merging.hasLeftovers) writer.merging.sweep();
  expect(rows("chunk_pages") + rows("chunk_heads") + rows("leftovers")).toBe(0);

  mergeOnce(writer, bed.file, POLICY.chunkReadings);
  const stored = db.prepare("SELECT runs, datagrams, pages, level FROM segments WHERE level = 1").all();
  expect(stored).toEqual([{ runs: 2000, datagrams: 4000, pages: rows("chunk_pages"), level: 1 }]);
  expect(rows("chunk_pages")).toBeGreaterThan(6);
});

/** The current merge fails. @returns after how many seconds one is asked for again */
const pauseAfterFailure = (bed: StoreBed, { writer, loop, asked }: ReturnType<typeof loopOver>): number => {
  const { chunkSet } = writer.merging.current!;
  loop.handle({
    report: "failed",
    chunkSet,
    code: "SQLITE_NOMEM",
    message: "out of memory",
    damagedSegment: null,
  });
  asked.length = 0;
  for (let seconds = 0; ; seconds++, bed.clock.advanceMs(1000)) {
    loop.step();
    if (asked.length > 0) return seconds;
  }
};

test("a merge that fails is begun again after a pause, each time a longer one, up to ten minutes and until one succeeds", () => {
  using bed = new StoreBed();
  const merging = loopOver(bed);
  const pauses = (count: number) => Array.from({ length: count }, () => pauseAfterFailure(bed, merging));
  merging.loop.step();
  expect(pauses(12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
  mergeAll(bed, merging.loop, merging.asked, 1);
  expect(merging.writer.merging.figures.merges).toBe(1);
  expect(pauses(2)).toEqual([1, 2]);
});

test.each([
  ["SQLITE_NOMEM", "out of memory"],
  ["ERR_DATABASE_UNREADABLE", "the database lacuna.db cannot be read from its disk (EIO: i/o error, read)"],
  ["SQLITE_FULL", "database or disk is full"],
])("%s: that a merge failed is told until one succeeds, and nothing is lost", (code, message) => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  const fail = (): void => {
    const { chunkSet } = writer.merging.current!;
    loop.handle({ report: "failed", chunkSet, code, message, damagedSegment: null });
    asked.length = 0;
    loop.step();
    expect(asked).toEqual([]);
    bed.clock.advanceMs(1000);
  };
  loop.step();
  fail();
  expect(writer.merging.error).toBe(`${message} (${code})`);
  expect(writer.merging.stored.readings).toBe(FLUSHES);
  loop.step();
  expect(writer.merging.error).not.toBeNull();
  mergeAll(bed, loop, asked);
  expect(writer.merging.error).toBeNull();
  expect(writer.merging.figures.merges).toBeGreaterThan(1);
  expect(writer.merging.stored.readings).toBe(FLUSHES);
});

test("damaged segments are left as they are and told, and what lies around them is merged", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  spoilFlushes(bed.file, [2, 5]);
  loop.step();
  mergeAll(bed, loop, asked);
  const db = bed.closing(openForReading(bed.file));
  const stored = db.prepare("SELECT first_segment, segment, level FROM segments ORDER BY segment");
  expect(stored.raw().all()).toEqual([
    [1, 1, 1],
    [2, 2, 0],
    [3, 4, 1],
    [5, 5, 0],
    [6, 8, 1],
    // its tables are not written yet
    [9, 9, 0],
  ]);
  expect(writer.damage).toMatch(/^segment 2 of the database is damaged: .*; and 1 more$/);
  expect(writer.merging.error).toBeNull();
  expect(writer.merging.stored.readings).toBe(FLUSHES);
});

const MISSAID_FLUSH = [
  [1, 4, 2],
  [5, 5, 0],
  [6, 8, 1],
  // waits for more
  [9, 9, 0],
];
const MISSAID_MERGED = [
  [1, 3, 1],
  [4, 9, 2],
];

test.each([
  ["UPDATE flushes SET readings = 2 WHERE flush = 5", MISSAID_FLUSH],
  ["UPDATE flushes SET datagrams = 2 WHERE flush = 5", MISSAID_FLUSH],
  ["UPDATE merged_segments SET readings = 2", MISSAID_MERGED],
  ["DELETE FROM chunk_heads", MISSAID_MERGED],
])("so are those whose rows do not say what they hold: %s", (damage, left) => {
  using bed = new StoreBed();
  // chunks that are not full: what was merged is merged with others
  const mergePolicy = { ...POLICY, chunkReadings: 40 };
  const before = loopOver(bed, filledWriter(bed, mergePolicy));
  before.loop.step();
  mergeAll(bed, before.loop, before.asked, 1);
  const file = bed.copy();
  const db = bed.closing(new Database(file));
  db.exec(damage);
  const { writer, loop, asked } = loopOver(bed, bed.writer({ file, mergePolicy }));
  loop.step();
  mergeAll(bed, loop, asked, Infinity, file);
  expect(writer.damage).toMatch(
    /^segment [35] of the database is damaged: its row does not say what it holds$/,
  );
  expect(writer.merging.error).toBeNull();
  const stored = db.prepare("SELECT first_segment, segment, level FROM segments ORDER BY segment");
  expect(stored.raw().all()).toEqual(left);
});

test("one that cannot be written is begun again too, as while somebody else writes", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  loop.step();
  mergeAll(bed, loop, asked);
  expect(writer.merging.error).toBe("database is locked (SQLITE_BUSY)");
  other.exec("ROLLBACK");
  bed.clock.advanceMs(1000);
  loop.step();
  mergeAll(bed, loop, asked);
  expect(writer.merging.error).toBeNull();
  expect(writer.merging.figures.merges).toBeGreaterThan(1);
  expect(writer.merging.stored.readings).toBe(FLUSHES);
});

test("a merger's thread that dies is asked for again", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  loop.step();
  loop.ended(new LacunaError("ERR_WORKER_OUT_OF_MEMORY", "out of memory"));
  expect(writer.merging.error).toContain("out of memory");
  expect(writer.merging.current).toBeNull();
  bed.clock.advanceMs(1000);
  loop.step();
  expect(asked.map(({ command }) => command)).toEqual(["merge", "merge"]);
});

test("a merger's thread that the system does not allow is asked for again", () => {
  using bed = new StoreBed();
  const writer = bed.closing(filledWriter(bed));
  const asked: MergeCommand[] = [];
  const post = (command: MergeCommand): void => {
    asked.push(command);
    if (asked.length === 1) throw noThread();
  };
  const loop = new MergeLoop(writer.merging, () => writer.beginMerge(), { post }, bed.clock);
  loop.step();
  expect(writer.merging.error).toContain("EAGAIN");
  bed.clock.advanceMs(1000);
  loop.step();
  expect(asked.map(({ command }) => command)).toEqual(["merge", "merge"]);
  expect(writer.merging.current).not.toBeNull();
});

test("a disk without room for a merge does not keep a stop from being noted", () => {
  using bed = new StoreBed();
  const writer = filledWriter(bed);
  const disk = bed.closing(new FullDisk(bed.file, "INSERT ON merged_segments"));
  disk.fill();
  writer.close();
  expect(writer.merging.error).toBe("database or disk is full (SQLITE_FULL)");
  const db = bed.closing(new Database(bed.file));
  expect(readStateRow(db).stoppedAtUs).not.toBeNull();
  expect(db.prepare("SELECT sum(readings) FROM segments").pluck().get()).toBe(FLUSHES);
});

test("a damaged segment does not keep a stop from being noted, and says why it was not merged", () => {
  using bed = new StoreBed();
  const writer = filledWriter(bed);
  const db = bed.closing(new Database(bed.file));
  db.exec("UPDATE flushes SET data = substr(data, 1, length(data) - 1) WHERE flush = 3");
  writer.close();
  expect(writer.merging.error).toMatch(/^segment 3 of the database is damaged: .*ERR_SEGMENT_CORRUPT/);
  expect(readStateRow(db).stoppedAtUs).not.toBeNull();
  expect(db.prepare("SELECT sum(readings) FROM segments").pluck().get()).toBe(FLUSHES);
});
