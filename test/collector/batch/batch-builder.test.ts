import { expect, test } from "vitest";
import { BATCH_NOTES, BatchBuilder } from "../../../collector/batch/batch-builder.ts";
import {
  BATCH_DATAGRAMS,
  BATCH_OPS,
  BATCH_READINGS,
  BATCH_ROWS,
  Batch,
  type Note,
  OP_CODE,
  OP_FIELDS,
} from "../../../protocol/batch.ts";
import { unpackNotes } from "../../../protocol/packed-notes.ts";

const notesOf = (fill: (builder: BatchBuilder) => void): Note[] => {
  const builder = new BatchBuilder();
  builder.open(new Batch());
  fill(builder);
  return [...unpackNotes(builder.seal().notes)];
};

test("the first source of a device goes with the note of its creation", () => {
  const notes = notesOf((builder) => {
    builder.note({ note: "device", device: 1, id: "a" });
    builder.source(1, "192.0.2.7:5000");
  });
  expect(notes).toEqual([{ note: "device", device: 1, id: "a", source: "192.0.2.7:5000" }]);
});

test("a later source of a device is a note of its own", () => {
  const notes = notesOf((builder) => {
    builder.note({ note: "device", device: 1, id: "a" });
    builder.source(1, "192.0.2.7:5000");
    builder.source(1, "192.0.2.7:5001");
  });
  expect(notes[1]).toEqual({ note: "source", device: 1, source: "192.0.2.7:5001" });
});

test("readings that are taken back are in no datagram", () => {
  const builder = new BatchBuilder();
  builder.open(new Batch());
  builder.reading(1, 2, 3, 4);
  expect(builder.endDatagram(1, 0, 1000, 1000)).toBe(1);
  builder.reading(1, 2, 3, 5);
  builder.abandonDatagram();
  builder.reading(1, 2, 3, 6);
  expect(builder.endDatagram(1, 1, 1000, 1000)).toBe(1);
  const { batch } = builder.seal();
  expect([...batch.readingValue.subarray(0, batch.readingCount)]).toEqual([4, 6]);
});

test("a batch tells the least and the greatest arrival, also when the wall clock was set back in it", () => {
  const builder = new BatchBuilder();
  builder.open(new Batch());
  for (const [sequence, arrivalUs] of [5000, 6000, 1000, 2000].entries()) {
    builder.endDatagram(1, sequence, arrivalUs, arrivalUs);
  }
  const { batch } = builder.seal();
  expect([batch.firstArrivalUs, batch.lastArrivalUs]).toEqual([1000, 6000]);
});

const opened = (): BatchBuilder => {
  const builder = new BatchBuilder();
  builder.open(new Batch());
  return builder;
};
/** Operation `run`, all of whose fields differ. */
const lose = (builder: BatchBuilder, run: number): void => builder.lost(run, 1, 2, 3, 4, 5, 6, 7, 8);
const FORGOTTEN: Note = { note: "forgotten", device: 1 };
/** What the next batch carries. */
const sealed = (builder: BatchBuilder): number[][] => {
  const { batch } = builder.seal();
  return Array.from({ length: batch.opCount }, (_, op) => [
    ...batch.ops.subarray(op * OP_FIELDS, (op + 1) * OP_FIELDS),
  ]);
};

test("a batch takes what there is room for, to the last datagram, reading and note", () => {
  const builder = opened();
  const taken = (...left: [number, number, number]): boolean[] => [
    builder.hasRoom(...left),
    ...left.map((_, which) =>
      builder.hasRoom(...(left.map((n, at) => n + Number(at === which)) as typeof left)),
    ),
  ];
  expect(taken(BATCH_DATAGRAMS, BATCH_READINGS, BATCH_NOTES)).toEqual([true, false, false, false]);
  builder.reading(1, 2, 3, 4);
  builder.endDatagram(1, 0, 1000, 1000);
  builder.note(FORGOTTEN);
  expect(taken(BATCH_DATAGRAMS - 1, BATCH_READINGS - 1, BATCH_NOTES - 1)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  lose(builder, 1);
  expect(builder.hasLedgerRoom(BATCH_ROWS, BATCH_OPS - 1)).toBe(true);
  expect(builder.hasLedgerRoom(BATCH_ROWS + 1, 0)).toBe(false);
  expect(builder.hasLedgerRoom(0, BATCH_OPS)).toBe(false);
  builder.seal();
  expect(builder.hasRoom(0, 0, 0)).toBe(false);
});

test.each<[string, (builder: BatchBuilder) => void]>([
  ["a datagram", (builder) => void builder.endDatagram(1, 0, 1000, 1000)],
  ["an operation", (builder) => lose(builder, 1)],
  ["a note", (builder) => builder.note(FORGOTTEN)],
])("%s is a change that waits to be handed over, until it is", (_, change) => {
  const builder = opened();
  expect(builder.hasChanges).toBe(false);
  change(builder);
  expect(builder.hasChanges).toBe(true);
  builder.seal();
  expect(builder.hasChanges).toBe(false);
});

test("operations that found no room, or no batch, go first into the next one, each once", () => {
  const builder = opened();
  for (let run = 1; run <= BATCH_OPS + 2; run++) lose(builder, run);
  expect(builder.hasSpilled).toBe(true);
  expect(sealed(builder)).toHaveLength(BATCH_OPS);
  lose(builder, 9000);
  expect([builder.hasChanges, builder.hasSpilled]).toEqual([true, true]);
  builder.open(new Batch());
  expect(builder.hasSpilled).toBe(false);
  builder.filled(7, 1, 2, true, 3, 4, 5, 6);
  builder.filled(8, 1, 2, false, 3, 4, 5, 6);
  expect(sealed(builder)).toEqual([
    ...[BATCH_OPS + 1, BATCH_OPS + 2, 9000].map((run) => [OP_CODE.LOST, run, 1, 2, 3, 4, 5, 6, 7, 8]),
    [OP_CODE.FILL_LOST, 7, 1, 1, 3, 2, 4, 5, 5, 6],
    [OP_CODE.FILL_OPEN, 8, 1, 1, 3, 2, 4, 5, 5, 6],
  ]);
  builder.open(new Batch());
  expect(sealed(builder)).toEqual([]);
});

test("windows are written as far as operations have room, and the rows after them", () => {
  const builder = opened();
  for (let run = 1; run <= 5; run++) lose(builder, run);
  let room = 0;
  builder.addLedger(
    {
      drainWindows: (open, forget, most = 0) => {
        room = most;
        forget(6);
        open(6, 1, 2, 3, 4, 5, 7);
      },
      drainDirty: (_rows, most, number) => most + number,
    },
    100,
  );
  const { batch } = builder.seal();
  expect([room, batch.opCount, batch.rowCount]).toEqual([BATCH_OPS - 5, 7, BATCH_ROWS + 100]);
  expect([...batch.ops.subarray(5 * OP_FIELDS, 7 * OP_FIELDS)]).toEqual([
    ...[OP_CODE.WINDOWS, 6, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[OP_CODE.OPEN, 6, 1, 2, 3, 0, 0, 4, 5, 7],
  ]);
});

test("each batch counts the devices it forgets, and nothing of the one before it", () => {
  const builder = opened();
  builder.note(FORGOTTEN);
  builder.note({ note: "device", device: 1, id: "a" });
  builder.note(FORGOTTEN);
  builder.reading(1, 2, 3, 4);
  builder.endDatagram(1, 0, 1000, 1000);
  lose(builder, 1);
  expect(builder.forgotten).toBe(2);
  builder.seal();
  expect(builder.forgotten).toBe(0);
  builder.open(new Batch());
  builder.reading(1, 2, 3, 5);
  expect(builder.endDatagram(1, 1, 1000, 1000)).toBe(1);
  const { batch, noteCount } = builder.seal();
  expect([batch.datagramCount, batch.readingCount, batch.opCount, noteCount]).toEqual([1, 1, 0, 0]);
});
