import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { LiveSegments } from "../../db/live-segments.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

/** As if the flushes up to one had been merged. */
const mergeUpTo = (bed: StoreBed, flush: number): void => {
  const other = new Database(bed.file);
  other.exec(`INSERT INTO merged_segments SELECT * FROM segments WHERE segment <= ${flush};
    UPDATE merged_segments SET level = 1;
    UPDATE flushes SET datagrams = 0 WHERE flush <= ${flush};
    DELETE FROM flushes WHERE flush <= ${flush} AND flush < (SELECT max(flush) FROM flushes)`);
  other.close();
};

/** Five flushes with a datagram each; the first three are as if they had been merged. */
const mergedBed = (bed: StoreBed) => {
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const watching = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  for (let sequence = 0; sequence < 5; sequence++) {
    model.receive(run, sequence);
    writer.accept(model.seal());
    writer.flush();
    watching.newest(writer.flushNumber);
  }
  mergeUpTo(bed, 3);
  return { watching, late: bed.closing(new LiveSegments(bed.file, writer.flushNumber)) };
};

const flushesAfter = (segments: LiveSegments, flush: number): number[] => {
  const flushes: number[] = [];
  for (let next = segments.after(flush); next !== null; next = segments.after(next.flush))
    flushes.push(next.flush);
  return flushes;
};

test("what was seen when it was committed can be told after it was merged", () => {
  using bed = new StoreBed();
  const { watching } = mergedBed(bed);
  expect(flushesAfter(watching, 0)).toEqual([1, 2, 3, 4, 5]);
  expect([watching.isMergedAfter(0), watching.back(4, 2)]).toEqual([false, 2]);
});

test("who comes later knows from where on nothing is merged", () => {
  using bed = new StoreBed();
  const { late } = mergedBed(bed);
  expect(flushesAfter(late, 3)).toEqual([4, 5]);
  expect([late.isMergedAfter(2), late.isMergedAfter(3), late.of(2)]).toEqual([true, false, null]);
});

test("a flush that is merged before it is asked for was missed; one without datagrams was not", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const pump = model.device("pump");
  const run = model.run(pump, 1);
  const watching = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  const flush = (): number => {
    writer.accept(model.seal());
    writer.flush();
    return writer.flushNumber;
  };
  model.receive(run, 0);
  const first = flush();
  expect(watching.newest(first)?.flush).toBe(first);
  model.describe(pump, 1, 1, "temperature");
  expect(watching.newest(flush())).toBeNull();
  model.receive(run, 1);
  const [second, third] = [flush(), first + 3];
  model.receive(run, 2);
  expect(flush()).toBe(third);
  // the newest one keeps its row
  mergeUpTo(bed, third);
  const behind = expect.objectContaining({ code: "ERR_FEED_BEHIND" });
  expect(() => watching.newest(second)).toThrow(behind);
  expect(() => watching.newest(third)).toThrow(behind);
});
