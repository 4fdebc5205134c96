import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IngestHandle } from "../../../collector/ingest/ingest-handle.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("a thread that has stalled is asked for no arrivals: nobody waits for it, and nothing is kept for it", async () => {
  const asked: unknown[] = [];
  const worker = Object.assign(new EventEmitter(), {
    postMessage: (command: unknown) => asked.push(command),
  });
  const handle = new IngestHandle(worker as unknown as Worker);
  const before = handle.arrivalsOf("pump-7");
  vi.advanceTimersByTime(11_000);
  expect(handle.state).toBe("stalled");
  expect(await before).toBeNull();
  const answer = handle.arrivalsOf("pump-7");
  expect(asked).toEqual([{ command: "arrivals", query: 0, id: "pump-7" }]);
  expect(await answer).toBeNull();
});

test("a stop waits for a thread that says nothing: its disk may answer once more; but not for ever", async () => {
  const worker = Object.assign(new EventEmitter(), { postMessage: () => {} });
  const handle = new IngestHandle(worker as unknown as Worker);
  const died = vi.fn();
  handle.on("error", died);
  vi.advanceTimersByTime(30_000);
  handle.restored.catch(() => {});
  const stopped = handle.ask({ command: "stop" });
  vi.advanceTimersByTime(50_000);
  worker.emit("message", { report: "arrivals", query: 0, arrivals: null });
  vi.advanceTimersByTime(50_000);
  expect([handle.isGone, died.mock.calls]).toEqual([false, []]);
  vi.advanceTimersByTime(1000);
  await expect(stopped).rejects.toMatchObject({ code: "ERR_INGEST_CRASHED" });
  vi.advanceTimersByTime(60_000);
  expect([handle.isGone, died.mock.calls.length]).toEqual([true, 1]);
});
