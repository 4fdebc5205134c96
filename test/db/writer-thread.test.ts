import { afterEach, expect, test, vi } from "vitest";
import type { Writer } from "../../db/writer.ts";
import type { WriterThreadData } from "../../db/writer-messages.ts";
import { WriterThread, type WriterThreadHost } from "../../db/writer-thread.ts";
import type { BatchMessage } from "../../protocol/batch.ts";

afterEach(() => {
  vi.useRealTimers();
});

const FLUSH_BATCHES = 4;

/** A writer that only counts what waits, and takes nothing when it flushes. */
const countingWriter = () => {
  const writer = {
    pendingBatches: 0,
    flushes: 0,
    hasHistory: false,
    isDue: true,
    waitingDevices: 0,
    stored: { segments: 0, readings: 0 },
    merging: { figures: { merges: 0, unmergedSegments: 0, unmergedReadings: 0 }, flushedBytes: 0 },
    accept: () => {
      writer.pendingBatches++;
    },
    beginMerge: () => null,
    flush: () => {
      writer.flushes++;
      return { outcome: "idle" };
    },
  };
  return writer;
};

test("as many batches as must not wait are flushed although more come all the time", () => {
  vi.useFakeTimers();
  const writer = countingWriter();
  const host = {
    clock: { monotonicMs: () => 0, wallUs: () => 0 },
    post: () => undefined,
    writtenBytes: () => null,
  };
  const thread = new WriterThread(
    writer as unknown as Writer,
    host as unknown as WriterThreadHost,
    { flushMs: 500, flushBatches: FLUSH_BATCHES, closeTimeoutMs: 0 } as WriterThreadData,
  );
  const set = vi.spyOn(globalThis, "setTimeout");
  for (let batch = 0; batch < 3 * FLUSH_BATCHES; batch++) thread.accept({} as BatchMessage);
  // the first one plans, the fourth one hurries, no later one puts that off
  expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual([500, 0]);
  vi.advanceTimersByTime(0);
  expect(writer.flushes).toBe(1);
});
