import fc from "fast-check";
import { expect, test } from "vitest";
import type { Note } from "../../protocol/batch.ts";
import { NotePacker, packNotes, unpackNotes } from "../../protocol/packed-notes.ts";

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ minLength: 60, maxLength: 300 }),
);
const filled = text.filter((each) => each !== "");
const epoch = fc.option(number);

const note: fc.Arbitrary<Note> = fc.oneof(
  fc.record({ note: fc.constant("device" as const), device: number, id: filled }),
  fc.record({ note: fc.constant("device" as const), device: number, id: filled, source: filled }),
  fc.record({ note: fc.constant("run" as const), run: number, device: number, epoch, index: number }),
  fc.record({ note: fc.constant("source" as const), device: number, source: text }),
  fc.record({ note: fc.constant("forgotten" as const), device: number }),
  fc.record({
    note: fc.constant("channel" as const),
    device: number,
    epoch,
    channel: number,
    name: text,
    unit: text,
  }),
);

test("notes come out as they went in, in their order", () => {
  fc.assert(
    fc.property(fc.array(note, { maxLength: 100 }), (notes) => {
      expect([...unpackNotes(packNotes(notes))]).toEqual(notes);
    }),
    { interruptAfterTimeLimit: 1500 },
  );
});

test("a flood of new devices comes out as it went in, with every mark that their ids begin with", () => {
  const flood = Array.from({ length: 500 }, (_, device): Note[] => [
    { note: "device", device, id: `\ufeff${device}`.padEnd(85, "x"), source: "192.0.2.7:5000" },
    { note: "run", run: device, device, epoch: 2 ** 32 - 1, index: 0 },
    { note: "forgotten", device },
  ]).flat();
  expect([...unpackNotes(packNotes(flood))]).toEqual(flood);
});

test("the source of a device goes with its note only while that is the last one", () => {
  const packer = new NotePacker();
  packer.add({ note: "device", device: 1, id: "a" });
  packer.addSource(1, "192.0.2.7:5000");
  packer.addSource(1, "192.0.2.7:5001");
  packer.add({ note: "device", device: 2, id: "b" });
  packer.addSource(1, "192.0.2.7:5002");
  packer.addSource(2, "192.0.2.8:5000");
  expect(packer.count).toBe(5);
  expect([...unpackNotes(packer.take())]).toEqual([
    { note: "device", device: 1, id: "a", source: "192.0.2.7:5000" },
    { note: "source", device: 1, source: "192.0.2.7:5001" },
    { note: "device", device: 2, id: "b" },
    { note: "source", device: 1, source: "192.0.2.7:5002" },
    { note: "source", device: 2, source: "192.0.2.8:5000" },
  ]);
  expect(packer.count).toBe(0);
  expect([...unpackNotes(packer.take())]).toEqual([]);
});
