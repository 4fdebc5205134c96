import { afterEach, expect, test, vi } from "vitest";
import type { Writer } from "../../db/writer.ts";
import type { WriterThreadData } from "../../db/writer-messages.ts";
import { WriterThread, type WriterThreadHost } from "../../db/writer-thread.ts";
import type { BatchMessage } from "../../protocol/batch.ts";

afterEach(() => {
  // first the spy, which stands before a timer that is not real: files after this one share the thread
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const FLUSH_BATCHES = 4;
const MOST_PER_FLUSH = 8;

/** A writer that only counts what waits. */
const countingWriter = () => {
  const writer = {
    pendingBatches: 0,
    flushes: 0,
    hasHistory: false,
    get isDue(): boolean {
      return writer.pendingBatches > 0;
    },
    stored: { segments: 0, readings: 0 },
    merging: {
      figures: { merges: 0, unmergedSegments: 0, unmergedReadings: 0 },
      flushedBytes: 0,
      current: null,
      error: null as string | null,
    },
    mergesAsked: 0,
    mostPerFlush: MOST_PER_FLUSH,
    ofWorker: new Map<number, number>(),
    accept: ({ worker }: BatchMessage) => {
      writer.pendingBatches++;
      writer.ofWorker.set(worker, writer.pendingBatchesOf(worker) + 1);
    },
    pendingBatchesOf: (worker: number) => writer.ofWorker.get(worker) ?? 0,
    beginMerge: () => {
      writer.mergesAsked++;
      return null;
    },
    flush: () => {
      const count = Math.min(writer.mostPerFlush, writer.pendingBatches);
      if (count === 0) return { outcome: "idle" };
      writer.flushes++;
      writer.pendingBatches -= count;
      const messages = Array.from({ length: count }, () => ({ worker: 0, number: 1 }));
      return { outcome: "committed", change: null, gapOps: new Float64Array(0), messages };
    },
  };
  return writer;
};

const startThread = (
  writer: ReturnType<typeof countingWriter>,
  flushBatchesOfWorker = FLUSH_BATCHES,
  post: WriterThreadHost["post"] = () => undefined,
  tablesReached: WriterThreadHost["tablesReached"] = () => undefined,
  wallUs: () => number = () => 0,
): WriterThread => {
  const host = {
    clock: { monotonicMs: () => 0, wallUs },
    post,
    giveBack: () => undefined,
    tablesReached,
    writtenBytes: () => null,
  };
  return new WriterThread(
    writer as unknown as Writer,
    host as unknown as WriterThreadHost,
    {
      flushMs: 500,
      batchMs: 100,
      flushBatches: FLUSH_BATCHES,
      flushBatchesOfWorker,
      closeTimeoutMs: 0,
    } as WriterThreadData,
  );
};

test("as many batches as must not wait are flushed although more come all the time", () => {
  vi.useFakeTimers();
  const thread = startThread(countingWriter());
  const set = vi.spyOn(globalThis, "setTimeout");
  for (let batch = 0; batch < 3 * FLUSH_BATCHES; batch++) thread.accept({} as BatchMessage);
  // the first one plans, the fourth one hurries, no later one puts that off
  expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual([500, 0]);
});

test("of one worker fewer are flushed at once, which has only a part of the pool", () => {
  vi.useFakeTimers();
  const thread = startThread(countingWriter(), 2);
  const set = vi.spyOn(globalThis, "setTimeout");
  for (const worker of [0, 1, 2]) thread.accept({ worker } as BatchMessage);
  expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual([500]);
  thread.accept({ worker: 1 } as BatchMessage);
  expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual([500, 0]);
});

test("what one flush does not take is flushed after it, although nothing more comes", () => {
  vi.useFakeTimers();
  const writer = countingWriter();
  const thread = startThread(writer);
  for (let batch = 0; batch < 3 * MOST_PER_FLUSH; batch++) thread.accept({} as BatchMessage);
  vi.advanceTimersByTime(10);
  expect([writer.flushes, writer.pendingBatches]).toEqual([3, 0]);
});

test("a worker is told once what the tables have, also where nothing more comes of it", () => {
  vi.useFakeTimers();
  const batch = { worker: 1, number: 7 };
  const commit = { outcome: "committed", change: null, gapOps: new Float64Array(0) };
  const flushes = [
    { ...commit, messages: [batch] },
    { ...commit, messages: [] },
    { ...commit, messages: [] },
  ];
  const writer = { ...countingWriter(), flushNumber: 3, replayFrom: 3 };
  writer.flush = () => {
    const outcome = flushes.shift() ?? { outcome: "idle" };
    // with the first of them without a batch the tables follow
    if (flushes.length === 1) writer.replayFrom = 4;
    return outcome as ReturnType<typeof writer.flush>;
  };
  const told: unknown[] = [];
  startThread(writer, FLUSH_BATCHES, undefined, (worker, reach) =>
    told.push([worker, reach, flushes.length]),
  );
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([[1, { inTables: 7 }, 1]]);
});

test("merges wait while more batches come than a flush is to take, but not for ever", () => {
  vi.useFakeTimers();
  const writer = countingWriter();
  const thread = startThread(writer);
  const flush = (batches: number): number => {
    const before = writer.mergesAsked;
    for (let batch = 0; batch < batches; batch++) thread.accept({} as BatchMessage);
    vi.advanceTimersByTime(500);
    return writer.mergesAsked - before;
  };
  expect(flush(FLUSH_BATCHES)).toBe(1);
  expect(flush(2 * FLUSH_BATCHES)).toBe(0);
  writer.merging.figures.unmergedSegments = 128;
  expect(flush(2 * FLUSH_BATCHES)).toBe(1);
  writer.merging.figures.unmergedSegments = 0;
  expect(flush(FLUSH_BATCHES)).toBe(1);
  // what a flush left is behind as well
  writer.mostPerFlush = 2;
  expect(flush(2 * FLUSH_BATCHES)).toBe(3);
});

test("what becomes of merges while nothing arrives is told within a second", () => {
  vi.useFakeTimers();
  const writer = countingWriter();
  const told: unknown[] = [];
  startThread(writer, FLUSH_BATCHES, (message) => told.push(message));
  told.length = 0;
  writer.merging.error = "disk I/O error (SQLITE_IOERR_READ)";
  vi.advanceTimersByTime(1000);
  writer.merging.error = null;
  writer.merging.figures.merges = 1;
  vi.advanceTimersByTime(1000);
  expect(told).toMatchObject([
    { figures: { merges: 0, mergeError: "disk I/O error (SQLITE_IOERR_READ)" } },
    { figures: { merges: 1, mergeError: null } },
  ]);
});

test("what arrived before a commit began, less the time that a batch may wait, is told to be in it, however long it takes", () => {
  vi.useFakeTimers();
  const writer = countingWriter();
  let nowUs = 1e6;
  const told: number[] = [];
  const post: WriterThreadHost["post"] = (message) => {
    if ("figures" in message) told.push(message.figures.heardUntilUs);
  };
  const thread = startThread(writer, FLUSH_BATCHES, post, undefined, () => nowUs);
  const { flush } = writer;
  vi.spyOn(writer, "flush").mockImplementation(() => {
    nowUs += 3e6;
    return flush();
  });
  nowUs = 2e6;
  thread.accept({ worker: 0 } as BatchMessage);
  vi.advanceTimersByTime(500);
  // nothing waits any more
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([0.9e6, 1.9e6, 4.9e6]);
});
