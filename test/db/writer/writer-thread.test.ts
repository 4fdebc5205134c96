import { afterEach, expect, test, vi } from "vitest";
import type { Writer } from "../../../db/writer/writer.ts";
import type { WriterThreadData } from "../../../db/writer/writer-messages.ts";
import { WriterThread, type WriterThreadHost } from "../../../db/writer/writer-thread.ts";
import type { BatchMessage } from "../../../protocol/batch.ts";

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
    waiting: [] as BatchMessage[],
    accept: (message: BatchMessage) => {
      const { worker } = message;
      writer.waiting.push(message);
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
      const messages = writer.waiting.splice(0, count);
      for (const { worker } of messages) writer.ofWorker.set(worker, writer.pendingBatchesOf(worker) - 1);
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
  nowMs: () => number = () => 0,
): WriterThread => {
  const host = {
    clock: { monotonicMs: nowMs, wallUs: () => nowMs() * 1000 },
    post,
    giveBack: () => undefined,
    drain: () => [],
    ended: () => undefined,
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

test("what is left for the tables is done soon while nothing arrives, and looked for once a second when nothing is", () => {
  vi.useFakeTimers();
  const commit = { outcome: "committed", change: null, gapOps: new Float64Array(0), messages: [] };
  const writer = { ...countingWriter(), flushNumber: 3, replayFrom: 3 };
  let left = 40;
  const at: number[] = [];
  writer.flush = () => {
    at.push(performance.now());
    return (left-- > 0 ? commit : { outcome: "idle" }) as ReturnType<typeof writer.flush>;
  };
  const beganMs = performance.now();
  startThread(writer);
  vi.advanceTimersByTime(5000);
  const after = at.map((ms) => ms - beganMs);
  expect(after.slice(0, 41)).toEqual(Array.from({ length: 41 }, (_, step) => 1000 + 50 * step));
  expect(after.slice(41)).toEqual([4000, 5000]);
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

/** The thread, and up to when it has told that what arrived is in what it wrote or showed, milliseconds. */
const heardBy = (writer: ReturnType<typeof countingWriter>, clock: { nowMs: number }) => {
  vi.useFakeTimers();
  const told: number[] = [];
  const post: WriterThreadHost["post"] = (message) => {
    if ("figures" in message) told.push(message.figures.heardUntilUs / 1000);
  };
  return { told, thread: startThread(writer, FLUSH_BATCHES, post, undefined, () => clock.nowMs) };
};

test("what arrived before the newest batch of a commit was sent is told to be in it, however long it takes; where none waits, all but what may be on its way", () => {
  const writer = countingWriter();
  const clock = { nowMs: 1000 };
  const { told, thread } = heardBy(writer, clock);
  const { flush } = writer;
  vi.spyOn(writer, "flush").mockImplementation(() => {
    clock.nowMs += 3000;
    return flush();
  });
  for (const sentAtMs of [1700, 1850]) thread.accept({ worker: 0, sentAtMs } as BatchMessage);
  clock.nowMs = 2000;
  vi.advanceTimersByTime(500);
  // nothing waits any more
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([900, 1850, 4900]);
});

test("while commits fail a batch may wait until it is full: what a worker has heard since its last one is not told to be shown", () => {
  const writer = { ...countingWriter(), takeAccepted: () => null };
  const clock = { nowMs: 1000 };
  const { told, thread } = heardBy(writer, clock);
  vi.spyOn(writer, "flush").mockReturnValue({ outcome: "failed", error: new Error("no room") } as never);
  for (const sentAtMs of [1100, 1200]) thread.accept({ worker: 1, sentAtMs } as BatchMessage);
  clock.nowMs = 60_000;
  vi.advanceTimersByTime(500);
  thread.accept({ worker: 1, sentAtMs: 59_000 } as BatchMessage);
  vi.advanceTimersByTime(250);
  expect(told).toEqual([900, 1200, 59_000]);
});

test("a commit that failed is over when nothing is left to commit: what comes next is flushed as ever, and merges go on", () => {
  vi.useFakeTimers();
  const writer = Object.assign(countingWriter(), { takeAccepted: () => null });
  const told: unknown[] = [];
  const thread = startThread(writer, FLUSH_BATCHES, (message) => told.push(message));
  vi.spyOn(writer, "flush").mockReturnValueOnce({ outcome: "failed", error: new Error("locked") } as never);
  vi.advanceTimersByTime(1250);
  expect(told.slice(1)).toMatchObject([
    { type: "failing", figures: { failingSinceUs: 0 } },
    { type: "idle", figures: { failingSinceUs: null } },
  ]);
  expect(writer.mergesAsked).toBe(1);
  thread.accept({ worker: 0 } as BatchMessage);
  vi.advanceTimersByTime(500);
  expect(writer.flushes).toBe(1);
});

test("a stop tells what is saved before it closes the database, which may take a slow disk long", () => {
  vi.useFakeTimers();
  const told: unknown[] = [];
  const writer = Object.assign(countingWriter(), { close: () => told.push("closes"), damage: null });
  const thread = startThread(writer, FLUSH_BATCHES, (message) => told.push(message.type));
  thread.accept({ worker: 0 } as BatchMessage);
  thread.close();
  expect(told).toEqual(["opened", "committed", "saved", "closes", "closed"]);
});

test("of what a flush could not take nothing is told to be shown", () => {
  const writer = countingWriter();
  writer.mostPerFlush = 1;
  const clock = { nowMs: 1000 };
  const { told, thread } = heardBy(writer, clock);
  for (const sentAtMs of [1100, 1200]) thread.accept({ worker: 0, sentAtMs } as BatchMessage);
  clock.nowMs = 60_000;
  vi.advanceTimersByTime(501);
  expect(told).toEqual([900, 1100, 1200]);
});
