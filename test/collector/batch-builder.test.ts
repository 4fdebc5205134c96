import { expect, test } from "vitest";
import { BatchBuilder } from "../../collector/batch-builder.ts";
import { Batch, type Note } from "../../protocol/batch.ts";
import { unpackNotes } from "../../protocol/packed-notes.ts";

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
