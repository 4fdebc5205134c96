import { expect, test } from "vitest";
import { BATCH_NOTES } from "../../../collector/batch/batch-builder.ts";
import { BatchPool } from "../../../collector/batch/batch-pool.ts";
import { BatchStream } from "../../../collector/batch/batch-stream.ts";
import type { Tracker } from "../../../collector/tracker/tracker.ts";
import { BATCH_OPS, BATCH_ROWS, type BatchMessage, type Note } from "../../../protocol/batch.ts";
import { emptyFleet } from "../../../protocol/fleet-counters.ts";

const quietTracker = {
  dirtyRuns: 0,
  windowOps: 0,
  drainDirty: () => 0,
  drainWindows: () => {},
} as unknown as Tracker;

const MOST_BATCHES = 1000;

/** A stream of these batches, and what it sent. */
const streamOf = (pool: BatchPool, tracker: Tracker): { sent: BatchMessage[]; stream: BatchStream } => {
  const sent: BatchMessage[] = [];
  const stream = new BatchStream({
    pool,
    batchMs: 100,
    maxGapsPerDevice: 1,
    worker: 0,
    fleet: () => emptyFleet(),
    send: (message) => sent.push(message),
  });
  stream.tracker = tracker;
  return { sent, stream };
};

/** A stream whose every batch forgets so many devices, and what it sent. */
const forgettingStream = (
  devices: number,
): { sent: BatchMessage[]; send(): boolean; stream: BatchStream } => {
  const { sent, stream } = streamOf(new BatchPool(MOST_BATCHES), quietTracker);
  const send = (): boolean => {
    if (!stream.makeRoom(0, devices, 0, true)) return false;
    for (let device = 1; device <= devices; device++) stream.builder.note({ note: "forgotten", device });
    stream.changed(0);
    return stream.flushAll(0);
  };
  return { sent, send, stream };
};

test("devices that others pushed out wait for the writer in a bounded number, whatever the pool has", () => {
  const { sent, send, stream } = forgettingStream(10_000);
  while (sent.length < MOST_BATCHES && send());
  expect(sent.length).toBe(5);
  for (const number of [1, 2]) {
    stream.committed(number);
    expect([send(), send()]).toEqual([true, false]);
  }
  stream.committed(7);
  while (sent.length < MOST_BATCHES && send());
  expect(sent.length).toBe(12);
});

test("a batch that forgets no device waits for none", () => {
  const { sent, send } = forgettingStream(0);
  for (let batch = 0; batch < 100; batch++) expect(send()).toBe(true);
  expect(sent.length).toBe(100);
});

test("of batches that follow each other fast one that forgets devices is complete, others need not be", () => {
  const { sent, stream } = streamOf(new BatchPool(96), quietTracker);
  const next = (): void => void stream.makeRoom(0, BATCH_NOTES, 1, true);
  stream.makeRoom(0, 0, 0, true);
  stream.changed(0);
  stream.flushAll(0);
  const notes: Note[] = [
    { note: "device", device: 1, id: "a" },
    { note: "forgotten", device: 1 },
    { note: "device", device: 2, id: "b" },
  ];
  for (const note of notes) {
    next();
    stream.builder.note(note);
  }
  next();
  expect(sent.map(({ isPartial }) => isPartial)).toEqual([false, true, false, true]);
});

/** Has one change every 100 ms, each of which is due then; the writer gives nothing back. @returns what was sent */
const changesWithoutWriter = (pool: BatchPool): { sent: BatchMessage[]; step(): void } => {
  const { sent, stream } = streamOf(pool, quietTracker);
  let nowMs = 0;
  const step = (): void => {
    if (!stream.makeRoom(0, 0, nowMs, true)) throw new Error("shed");
    stream.changed(nowMs);
    nowMs += 100;
    stream.flushDue(nowMs);
  };
  return { sent, step };
};

test("a writer that gives nothing back gets half of the batches by time", () => {
  for (const capacity of [2, 3, 8, 256]) {
    const { sent, step } = changesWithoutWriter(new BatchPool(capacity));
    for (let count = 0; count < 2 * capacity; count++) step();
    // each says when
    const ticks = Array.from({ length: Math.ceil(capacity / 2) }, (_, index) => (index + 1) * 100);
    expect(sent.map(({ sentAtMs }) => sentAtMs)).toEqual(ticks);
  }
});

/** A stream whose datagrams have taken all batches they may, and the writer that commits the oldest ones. */
const exhausted = (capacity: number) => {
  const pool = new BatchPool(capacity);
  const { sent, stream } = streamOf(pool, quietTracker);
  const hasRoom = (): boolean => stream.makeRoom(0, 0, 0, true);
  const sendForLedger = (): void => {
    if (stream.makeRoom(0, 0, 0, false)) stream.changed(0);
    stream.flushAll(0);
  };
  while (hasRoom()) {
    stream.changed(0);
    stream.flushAll(0);
  }
  const commit = (count: number): void => {
    for (const { buffer, number } of sent.splice(0, count)) {
      pool.giveBack(buffer);
      stream.committed(number);
    }
  };
  return { sent, stream, hasRoom, sendForLedger, commit };
};

test.each([
  [2, 2],
  [4, 3],
  [96, 72],
  [256, 232],
])("of %i batches datagrams get %i, and the ledger the others", (capacity, ofDatagrams) => {
  const { sent, stream, sendForLedger } = exhausted(capacity);
  expect(sent.length).toBe(ofDatagrams);
  for (let left = capacity - ofDatagrams; left > 0; left--) {
    expect(stream.makeRoom(0, 0, 0, false)).toBe(true);
    sendForLedger();
  }
  expect([sent.length, stream.makeRoom(0, 0, 0, false)]).toEqual([capacity, false]);
});

test("what is shed while datagrams have no room does not make it last longer", () => {
  const { hasRoom, sendForLedger, commit } = exhausted(96);
  for (let batch = 0; batch < 5; batch++) {
    sendForLedger();
    expect(hasRoom()).toBe(false);
  }
  commit(63);
  expect(hasRoom()).toBe(true);
});

test("what is shed is shed in one piece: datagrams get room again when few of their batches are under way", () => {
  const { sent, hasRoom, sendForLedger, commit } = exhausted(96);
  expect(sent.length).toBe(72);
  commit(62);
  expect(hasRoom()).toBe(false);
  sendForLedger();
  expect(hasRoom()).toBe(false);
  commit(1);
  expect(hasRoom()).toBe(true);
});

test.each([2, 3, 4, 8, 16, 32, 96, 256])(
  "shedding ends with %i batches, however many the ledger takes meanwhile",
  (capacity) => {
    const { sent, hasRoom, sendForLedger, commit } = exhausted(capacity);
    const underWay = sent.length;
    for (let batch = 0; batch < underWay; batch++) {
      sendForLedger();
      commit(1);
    }
    // as many are under way as before, all of them of the ledger: one more is free
    commit(1);
    expect(hasRoom()).toBe(true);
  },
);

test("what the writer may commit is whole, also when the windows that run need more batches than there are", () => {
  const OPEN_GAPS = 50_000;
  let left = OPEN_GAPS;
  const tracker = {
    dirtyRuns: 0,
    get windowOps() {
      return left;
    },
    drainDirty: () => 0,
    drainWindows: (_write: unknown, beginRun: (run: number) => void, most: number) => {
      for (let op = 0; op < most && left > 0; op++, left--) beginRun(1);
    },
  } as unknown as Tracker;
  const pool = new BatchPool(4);
  const { sent, stream } = streamOf(pool, tracker);
  expect(stream.makeRoom(0, 0, 0, false)).toBe(true);
  stream.changed(0);
  stream.flushDue(100);
  expect(left).toBe(0);
  expect(sent.map(({ isPartial }) => isPartial)).toEqual([...Array(6).fill(true), false]);
  expect(pool.left).toBe(-3);
  // and nothing else is taken beyond what there is
  expect(stream.makeRoom(0, 0, 100, true)).toBe(false);
  for (const { buffer, number } of sent) {
    pool.giveBack(buffer);
    stream.committed(number);
  }
  expect(stream.makeRoom(0, 0, 100, true)).toBe(true);
});

test("what changed in the tracker alone is handed over in time, and so is what only the batch holds", () => {
  const pool = new BatchPool(4);
  const tracker = { ...quietTracker, dirtyRuns: 0 } as unknown as Tracker & { dirtyRuns: number };
  const { sent, stream } = streamOf(pool, tracker);
  const sentAt = (nowMs: number): number => {
    stream.flushDue(nowMs);
    return sent.length;
  };
  expect(sentAt(0)).toBe(0);
  tracker.dirtyRuns = 1;
  stream.flushDue(10);
  tracker.dirtyRuns = 0;
  expect([sentAt(109), sentAt(110), sentAt(500)]).toEqual([0, 1, 1]);
  stream.makeRoom(0, 0, 600, false);
  stream.builder.note({ note: "forgotten", device: 1 });
  expect([sentAt(600), sentAt(699), sentAt(700), sentAt(900)]).toEqual([1, 1, 2, 2]);
});

test("what the writer may commit is whole, also when rows or operations need more batches than one", () => {
  let dirtyRuns = 2 * BATCH_ROWS + 1;
  const tracker = {
    windowOps: 0,
    get dirtyRuns() {
      return dirtyRuns;
    },
    drainWindows: () => {},
    drainDirty: (_rows: unknown, most: number) => {
      const drained = Math.min(most, dirtyRuns);
      dirtyRuns -= drained;
      return drained;
    },
  } as unknown as Tracker;
  const { sent, stream } = streamOf(new BatchPool(16), tracker);
  const partial = (): boolean[] => sent.splice(0).map(({ isPartial }) => isPartial);
  stream.changed(0);
  stream.flushAll(0);
  expect(partial()).toEqual([true, true, false]);
  for (let op = 0; op < 2 * BATCH_OPS + 1; op++) stream.builder.lost(1, op, op, 0, 0, 1, 0, 0, 0);
  stream.changed(0);
  stream.flushAll(0);
  expect(partial()).toEqual([true, true, false]);
});
