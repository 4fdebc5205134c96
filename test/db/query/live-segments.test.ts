import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { LiveSegments } from "../../../db/query/live-segments.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

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
  expect([watching.isMergedAfter(0), watching.back(4, 2), watching.back(3, 5)]).toEqual([false, 2, 1]);
});

test("who comes later knows from where on nothing is merged", () => {
  using bed = new StoreBed();
  const { late } = mergedBed(bed);
  expect(flushesAfter(late, 3)).toEqual([4, 5]);
  expect([late.isMergedAfter(2), late.isMergedAfter(3), late.of(2)]).toEqual([true, false, null]);
});

test("who comes later knows in front of which flushes others are merged", () => {
  using bed = new StoreBed();
  const { watching, late } = mergedBed(bed);
  const answers = [5, 6, 7].map((flush) => [watching.hasBefore(flush, 2), late.hasBefore(flush, 2)]);
  expect(answers).toEqual([
    [true, false],
    [true, true],
    [true, true],
  ]);
});

test("in front of the first flush of a database nothing is missing", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  model.receive(model.run(model.device("pump"), 1), 0);
  writer.accept(model.seal());
  writer.flush();
  const segments = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  expect([1, 2].map((flush) => segments.hasBefore(flush, 2))).toEqual([true, true]);
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

test("of what was seen the newest is kept in memory, up to a bound: what was merged behind that is missed", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const sizeOf = (flush: number): number => {
    const other = new Database(bed.file);
    const size = other.prepare("SELECT length(data) FROM flushes WHERE flush = ?").pluck().get(flush);
    other.close();
    return size as number;
  };
  let segments: LiveSegments | undefined;
  for (let sequence = 0; sequence < 6; sequence++) {
    model.receive(run, sequence);
    writer.accept(model.seal());
    writer.flush();
    // room for three
    segments ??= bed.closing(new LiveSegments(bed.file, 0, 3 * sizeOf(1)));
    expect(sizeOf(writer.flushNumber)).toBe(sizeOf(1));
    segments.newest(writer.flushNumber);
  }
  mergeUpTo(bed, 6);
  expect([0, 1, 2, 3, 4, 5].map((flush) => segments!.isMergedAfter(flush))).toEqual([
    ...[true, true, true],
    ...[false, false, false],
  ]);
  expect(flushesAfter(segments!, 3)).toEqual([4, 5, 6]);
  expect([4, 5, 6, 7].map((flush) => segments!.hasBefore(flush, 1))).toEqual([false, true, true, true]);
});

test("the four that were read last are kept with what they decoded", () => {
  using bed = new StoreBed();
  const { late, watching } = mergedBed(bed);
  const [first, again] = [watching.of(1), watching.of(1)];
  expect(again).toBe(first);
  for (const flush of [2, 3, 4]) watching.of(flush);
  expect(watching.of(1)).toBe(first);
  watching.of(5);
  expect(watching.of(1)).not.toBe(first);
  expect(watching.of(1)?.flush).toBe(1);
  expect(late.of(4)).toBe(late.of(4));
});

test("flushes without datagrams are passed over, and each one was committed when its row says", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  const watching = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  const committedAtUs: number[] = [0];
  for (const [index, isHeard] of [true, false, true, false, false, true, false].entries()) {
    bed.clock.advanceMs(1000);
    if (isHeard) model.receive(run, index);
    else model.event(null, "restart");
    writer.accept(model.seal());
    writer.flush();
    watching.newest(writer.flushNumber);
    committedAtUs.push(isHeard ? bed.clock.wallUs() : committedAtUs.at(-1)!);
  }
  const late = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  for (const segments of [watching, late]) {
    expect(flushesAfter(segments, 0)).toEqual([1, 3, 6]);
    expect(flushesAfter(segments, 1)).toEqual([3, 6]);
    expect([7, 6, 3, 2, 1].map((flush) => segments.back(flush, 2))).toEqual([3, 1, 1, 1, 1]);
    expect(committedAtUs.map((_, flush) => segments.committedUpTo(flush))).toEqual(committedAtUs);
  }
});

/** A store that keeps readings for a minute; each flush lies that long behind the one before. */
const shortLivedBed = (bed: StoreBed) => {
  const writer = bed.closing(bed.writer({ retentionMs: 60_000 }));
  const model = new IngestModel();
  const begin = (device: string) => model.run(model.device(device), 1);
  let run: ReturnType<typeof begin> | undefined;
  const commit = (): number => {
    writer.accept(model.seal());
    writer.flush();
    while (writer.flush().outcome !== "idle");
    return writer.flushNumber;
  };
  return {
    open: () => bed.closing(new LiveSegments(bed.file, writer.flushNumber)),
    /** a flush without datagrams */
    eventless: (): number => {
      model.event(null, "restart");
      return commit();
    },
    flush: (): number => {
      bed.clock.advanceMs(61_000);
      model.nowUs = bed.clock.wallUs();
      if (run === undefined) {
        run = begin("pump");
        // the arrival of its first datagram, as in a collector
        run.row[ROW.FIRST_ARRIVAL] = model.nowUs + 1;
      }
      model.receive(run, run.received.size);
      return commit();
    },
  };
};

test("what was removed behind a flush is known to be gone, when that flush is", () => {
  using bed = new StoreBed();
  const store = shortLivedBed(bed);
  const flushes = [store.flush(), store.flush(), store.flush()];
  const segments = store.open();
  const removed = (flush: number): boolean => segments.isRemovedAfter(flush, flush);
  expect(flushes.map(removed)).toEqual([true, false, false]);
  // its own events, where some were told
  expect(segments.isRemovedAfter(flushes[1]! - 1, flushes[1]!)).toBe(true);
  expect(segments.isRemovedAfter(flushes[2]! - 1, flushes[2]!)).toBe(false);
});

test("what was removed is known to be gone also when the clock was set back, and all there is looks older than what was heard first", () => {
  using bed = new StoreBed();
  const store = shortLivedBed(bed);
  const first = store.flush();
  bed.clock.stepWallUs(-86_400e6);
  for (let flush = first; flush < first + 3; flush++) store.flush();
  expect(store.open().isRemovedAfter(first, first)).toBe(true);
});

test("what is removed from the database is told from memory", () => {
  using bed = new StoreBed();
  const store = shortLivedBed(bed);
  const first = store.flush();
  const segments = store.open();
  const flushes = Array.from({ length: 3 }, () => {
    const flush = store.flush();
    segments.newest(flush);
    return flush;
  });
  expect(flushesAfter(segments, first - 1)).toEqual(flushes);
  expect([segments.isRemovedAfter(first, first), segments.isRemovedAfter(first - 1, first)]).toEqual([
    false,
    true,
  ]);
});

test("a flush without datagrams that went before anything was heard is no loss", () => {
  using bed = new StoreBed();
  const store = shortLivedBed(bed);
  const eventless = [store.eventless(), store.eventless(), store.eventless()];
  expect(store.open().isRemovedAfter(eventless[0]! - 1, eventless[0]!)).toBe(false);
  store.flush();
  const segments = store.open();
  expect(eventless.map((flush) => segments.isRemovedAfter(flush, flush))).toEqual([false, false, false]);
});

/** Six flushes of one run; the number 9 came in the second one, lower ones after it. @returns the greatest before each flush, -1 = unknown */
const greatestIn = (bed: StoreBed, alter: (file: string) => void = () => {}): number[] => {
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (const sequences of [[0, 1], [2, 9], [3], [4], [5, 6], [10]]) {
    for (const sequence of sequences) model.receive(run, sequence);
    writer.accept(model.seal());
    writer.flush();
  }
  alter(bed.file);
  const segments = bed.closing(new LiveSegments(bed.file, writer.flushNumber));
  return [1, 2, 3, 4, 5, 6, 7].map((flush) => segments.greatestBefore([run.run], flush).get(run.run) ?? -1);
};

test("the greatest number of a run before a flush may lie in front of late ones", () => {
  using bed = new StoreBed();
  expect(greatestIn(bed)).toEqual([-1, 1, 9, 9, 9, 9, 10]);
});

test("nothing damaged is needed to tell what is new: a run's former numbers are unknown then", () => {
  using bed = new StoreBed();
  const damage = (file: string): void => {
    const other = new Database(file);
    other.exec("UPDATE flushes SET data = zeroblob(length(data)) WHERE flush = 2");
    other.close();
  };
  expect(greatestIn(bed, damage)).toEqual([-1, 1, -1, 3, 4, 6, 10]);
});
