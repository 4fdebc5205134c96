import { expect, test } from "vitest";
import { LacunaError } from "../../../common/errors.ts";
import { MergeLoop } from "../../../db/merge/merge-loop.ts";
import type { MergeCommand } from "../../../db/merge/merge-messages.ts";
import { Merger } from "../../../db/merge/merger.ts";
import { openForReading } from "../../../db/open.ts";
import type { Writer } from "../../../db/writer.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

const POLICY = { chunkReadings: 4, flushesAtOnce: 3, segmentsAtOnce: 2, keptBytes: 0 };
const FLUSHES = 9;

/** A writer with flushes of one reading each, and the loop with what it has asked its merger for. */
const loopOver = (bed: StoreBed): { writer: Writer; loop: MergeLoop; asked: MergeCommand[] } => {
  const writer = bed.closing(bed.writer({ mergePolicy: POLICY }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; sequence < FLUSHES; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: sequence }]);
    writer.accept(model.seal());
    writer.flush();
  }
  const asked: MergeCommand[] = [];
  const loop = new MergeLoop(writer.merging, () => writer.beginMerge(), {
    post: (command) => asked.push(command),
  });
  return { writer, loop, asked };
};

/** Does what the loop asks for until it asks for nothing more. */
const mergeAll = (bed: StoreBed, loop: MergeLoop, asked: MergeCommand[]): void => {
  const db = bed.closing(openForReading(bed.file));
  const merger = new Merger(db, POLICY.chunkReadings);
  let pages: ReturnType<Merger["merge"]> | undefined;
  let chunkSet = 0;
  for (let command = asked.shift(); command !== undefined; command = asked.shift()) {
    if (command.command === "merge") {
      ({ chunkSet } = command.task);
      pages = merger.merge(command.task);
    }
    const step = pages!.next();
    if (step.done === true) loop.handle({ report: "merged", chunkSet, result: step.value });
    else loop.handle({ report: "pages", chunkSet, pages: step.value });
  }
};

test("one merge follows the other until nothing is left to merge", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  const before = writer.merging.figures.unmergedSegments;
  loop.step();
  mergeAll(bed, loop, asked);
  expect(before).toBe(FLUSHES);
  expect(writer.merging.figures.unmergedSegments).toBeLessThan(POLICY.flushesAtOnce + POLICY.segmentsAtOnce);
  expect(writer.merging.figures.merges).toBeGreaterThan(1);
  expect(loop.error).toBeNull();
});

test("while a merge runs no other is begun, and what belongs to one that was given up is ignored", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  loop.step();
  loop.step();
  expect(asked).toHaveLength(1);
  const { chunkSet } = writer.merging.current!;
  writer.merging.abandon();
  loop.handle({ report: "pages", chunkSet, pages: new Uint8Array(10) });
  expect(asked).toHaveLength(1);
  expect(writer.merging.figures.merges).toBe(0);
});

test("a merger that fails ends merging, says why and costs nothing that is stored", () => {
  using bed = new StoreBed();
  const { writer, loop, asked } = loopOver(bed);
  loop.step();
  const { chunkSet } = writer.merging.current!;
  loop.handle({ report: "failed", chunkSet, code: "ERR_SEGMENT_CORRUPT", message: "segment 3 is damaged" });
  loop.step();
  expect(loop.error).toBe("segment 3 is damaged (ERR_SEGMENT_CORRUPT)");
  expect(asked).toHaveLength(1);
  expect(writer.merging.stored.readings).toBe(FLUSHES);
});

test("a merger's thread that dies ends merging", () => {
  using bed = new StoreBed();
  const { writer, loop } = loopOver(bed);
  loop.step();
  loop.ended(new LacunaError("ERR_WORKER_OUT_OF_MEMORY", "out of memory"));
  expect(loop.error).toContain("out of memory");
  expect(writer.merging.current).toBeNull();
});
