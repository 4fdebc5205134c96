import { expect, test } from "vitest";
import { WaitingBatches } from "../../../db/writer/waiting-batches.ts";
import { BATCH_DATAGRAMS, Batch, type BatchMessage } from "../../../protocol/batch.ts";
import { emptyFleet } from "../../../protocol/fleet-counters.ts";
import { packNotes } from "../../../protocol/packed-notes.ts";

/** Batches that look alike, all in one buffer. */
const waitingWith = (count: number, readings: number): WaitingBatches => {
  const batch = new Batch();
  batch.readingCount = readings;
  const waiting = new WaitingBatches();
  for (let number = 1; number <= count; number++) {
    const message: BatchMessage = {
      buffer: batch.buffer,
      notes: packNotes([]),
      noteCount: 0,
      fleet: emptyFleet(),
      number,
      isPartial: false,
      worker: 0,
      sentAtMs: 0,
    };
    waiting.push(message);
  }
  return waiting;
};

test.each([
  [500, 0, 192],
  [500, 2 * BATCH_DATAGRAMS, 96],
  [500, 3 * BATCH_DATAGRAMS, 64],
  [5, 3 * BATCH_DATAGRAMS, 5],
])("of %i batches of %i readings a flush takes the first %i", (count, readings, taken) => {
  const waiting = waitingWith(count, readings);
  expect(waiting.next().map(({ number }) => number)).toEqual(
    Array.from({ length: taken }, (_, at) => at + 1),
  );
  waiting.committed(waiting.next());
  expect(waiting.length).toBe(count - taken);
});
