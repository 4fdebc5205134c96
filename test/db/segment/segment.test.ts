import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunColumns } from "../../../db/segment/columns.ts";
import { SegmentBuilder } from "../../../db/segment/segment-builder.ts";
import { SegmentReader } from "../../../db/segment/segment-reader.ts";
import { Batch } from "../../../protocol/batch.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { batchesOf, type PlainReading, type PlainStored } from "../../support/filled-batch.ts";
import { seededDoubles } from "../../support/series.ts";

const START_US = 1_795_000_000_000_000;
const builder = new SegmentBuilder();

const plainOf = (run: number, columns: RunColumns): PlainStored[] =>
  Array.from({ length: columns.datagramCount }, (_, datagram) => {
    const readings: PlainReading[] = [];
    for (let at = columns.readingStart[datagram]!; at < columns.readingStart[datagram + 1]!; at++) {
      readings.push({
        channel: columns.channel[at]!,
        type: columns.type[at]!,
        time: columns.readingTime[at]!,
        value: columns.value[at]!,
      });
    }
    return { run, sequence: columns.sequence[datagram]!, time: columns.datagramTime[datagram]!, readings };
  });

/** Everything in a segment: runs ascending, each in order of sequence. */
const readAll = (blob: Uint8Array): PlainStored[] => {
  const reader = new SegmentReader(blob);
  return Array.from(reader.runNumbers).flatMap((run) => plainOf(run, reader.readRun(run)!));
};

const inOrder = (datagrams: readonly PlainStored[]): PlainStored[] =>
  datagrams.toSorted((a, b) => a.run - b.run || a.sequence - b.sequence);

const reading = fc.record({
  channel: fc.constantFrom(0, 1, 2, 7, 32_768, 65_535),
  type: fc.constantFrom(...Object.values(VALUE_TYPE), 9, 255),
  time: fc.constantFrom(0, -1000, -2000, 123_456),
  value: fc.oneof(
    fc.double(),
    fc.integer({ min: 0, max: 50 }).map((cents) => 20 + cents / 100),
  ),
});
/** Datagrams of a few runs with different numbers, in any order of arrival; most of a run look alike. */
const datagrams = fc
  .uniqueArray(
    fc.record({
      run: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(77_000_000, 0xffff_ffff)),
      sequence: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(2 ** 53 - 2, 2 ** 40)),
      time: fc.integer({ min: 0, max: 10_000_000 }),
      readings: fc.array(reading, { maxLength: 4 }),
      looksAlike: fc.boolean(),
    }),
    { selector: ({ run, sequence }) => `${run}/${sequence}`, maxLength: 120 },
  )
  .map((drawn): PlainStored[] =>
    drawn.map(({ run, sequence, time, readings, looksAlike }) => {
      const like = looksAlike ? drawn[0]!.readings : readings;
      const at = START_US + time;
      return { run, sequence, time: at, readings: like.map((one) => ({ ...one, time: at + one.time })) };
    }),
  );

test("a segment gives back every datagram of its batches, each run in order of sequence", () => {
  fc.assert(
    fc.property(datagrams, fc.integer({ min: 10, max: 60 }), (sent, perBatch) => {
      const built = builder.build(batchesOf(sent, perBatch));
      expect(readAll(built.blob)).toEqual(inOrder(sent));
    }),
    { numRuns: 300, interruptAfterTimeLimit: 3000 },
  );
});

test("the head says what the segment holds", () => {
  fc.assert(
    fc.property(datagrams, (sent) => {
      const built = builder.build(batchesOf(sent, 50));
      const reader = new SegmentReader(built.blob);
      const times = sent.map(({ time }) => time);
      const readings = sent.flatMap(({ readings: all }) => all);
      const readingTimes = readings.length === 0 ? times : readings.map(({ time }) => time);
      const runs = new Set(sent.map(({ run }) => run));
      const least = (all: number[]): number => (all.length === 0 ? 0 : Math.min(...all));
      const greatest = (all: number[]): number => (all.length === 0 ? 0 : Math.max(...all));
      expect(reader.summary).toMatchObject({
        runs: runs.size,
        datagrams: sent.length,
        readings: readings.length,
        firstTimeUs: least(times),
        lastTimeUs: greatest(times),
        firstReadingTimeUs: least(readingTimes),
        lastReadingTimeUs: greatest(readingTimes),
      });
      expect(built).toMatchObject(reader.summary);
      expect(reader.runNumbers).toEqual(built.runNumbers);
      expect(reader.runDatagrams).toEqual(built.runDatagrams);
    }),
    { numRuns: 200, interruptAfterTimeLimit: 2000 },
  );
});

const oneReading = (run: number, sequence: number, time: number, value: number): PlainStored => ({
  run,
  sequence,
  time,
  readings: [{ channel: 1, type: VALUE_TYPE.FLOAT64, time, value }],
});

test("datagrams without readings keep their numbers", () => {
  const sent = [3, 1, 2].map((sequence) => ({ run: 9, sequence, time: START_US + sequence, readings: [] }));
  expect(readAll(builder.build(batchesOf(sent)).blob)).toEqual(inOrder(sent));
});

test("a run that is not in the segment reads as null", () => {
  const reader = new SegmentReader(builder.build(batchesOf([oneReading(5, 0, START_US, 1)])).blob);
  expect(reader.readRun(4)).toBeNull();
  expect(reader.readRun(6)).toBeNull();
});

test("a segment of no batch and one of an empty batch hold nothing", () => {
  for (const batches of [[], [new Batch()]]) {
    const { blob, datagrams: count } = builder.build(batches);
    expect(count).toBe(0);
    expect(new SegmentReader(blob).runNumbers).toHaveLength(0);
  }
});

test("as many shapes as datagrams are told apart, also those whose channels hash alike", () => {
  // 31 x the first channel + the second is the same for many of these
  const pairs = Array.from({ length: 300 }, (_, index) => [
    index % 10,
    31 * Math.floor(index / 10) + (index % 31),
  ]);
  const sent = pairs.map(([one, other], sequence): PlainStored => {
    const time = START_US + sequence * 1000;
    const readings = [one!, other!, sequence].map((channel) => ({
      channel,
      type: VALUE_TYPE.FLOAT64,
      time,
      value: sequence,
    }));
    return { run: 1, sequence, time, readings: readings.slice(0, 2 + (sequence % 2)) };
  });
  const again = sent.map((each) => ({ ...each, sequence: each.sequence + sent.length }));
  const both = [...sent, ...again, { ...sent[0]!, sequence: 1000, readings: [] }];
  expect(readAll(builder.build(batchesOf(both)).blob)).toEqual(both);
});

test("datagrams with two readings and with none in turns keep them apart", () => {
  const sent = Array.from({ length: 20 }, (_, sequence): PlainStored => {
    const time = START_US + sequence * 1000;
    const readings = [4, 7].map((channel) => ({ channel, type: VALUE_TYPE.INT32, time, value: sequence }));
    return { run: 1, sequence, time, readings: sequence % 2 === 0 ? readings : [] };
  });
  expect(readAll(builder.build(batchesOf(sent)).blob)).toEqual(sent);
});

test("datagrams of two shapes in turns cost as much where the shapes hash alike", () => {
  const bytesOf = (...shapes: readonly (readonly number[])[]): number => {
    const sent = Array.from({ length: 400 }, (_, sequence): PlainStored => {
      const time = START_US + sequence * 1000;
      const channels = shapes[sequence % 2]!;
      const readings = channels.map((channel) => ({ channel, type: VALUE_TYPE.FLOAT64, time, value: 1 }));
      return { run: 1, sequence, time, readings };
    });
    return builder.build(batchesOf(sent)).blob.length;
  };
  // 31 x 0 + 33 is 31 x 1 + 2
  expect(bytesOf([0, 33], [1, 2])).toBe(bytesOf([0, 33], [1, 3]));
});

test("a batch without datagrams says nothing of when those of a segment arrived", () => {
  const [one, other] = [START_US + 5, START_US + 9].map(
    (time, sequence) => batchesOf([oneReading(1, sequence, time, 7)])[0]!,
  );
  const empty = new Batch();
  for (const batches of [
    [one!, empty, other!],
    [empty, other!, one!],
    [other!, one!, empty],
  ]) {
    const { firstArrivalUs, lastArrivalUs } = builder.build(batches);
    expect([firstArrivalUs, lastArrivalUs]).toEqual([START_US + 5, START_US + 9]);
  }
});

test("reading times that follow no pattern are given back", () => {
  const random = seededDoubles(1);
  const sent = Array.from({ length: 50 }, (_, sequence): PlainStored => {
    const time = START_US + sequence * 1_000_000;
    const samples = Array.from(
      { length: 10 },
      (__, index): PlainReading => ({
        channel: 1 + (index % 2),
        type: VALUE_TYPE.FLOAT32,
        time: time - (9 - index) * 100_000 + Math.floor(random() * 700),
        value: index / 2,
      }),
    );
    return { run: 1, sequence, time, readings: samples };
  });
  expect(readAll(builder.build(batchesOf(sent)).blob)).toEqual(sent);
});

test("reading times that are later by a bit more in each datagram, at no pace of their own, are given back", () => {
  const random = seededDoubles(3);
  let time = START_US;
  const sent = Array.from({ length: 200 }, (_, sequence): PlainStored => {
    time += Math.floor(random() * 1e9);
    const at = time + sequence * 1000 + Math.floor(random() * 20);
    return { ...oneReading(1, sequence, at, sequence), time };
  });
  const { blob } = builder.build(batchesOf(sent));
  expect(readAll(blob)).toEqual(sent);
});

test("a run in wholly reversed order is sorted", () => {
  const sent = Array.from({ length: 3000 }, (_, index) =>
    oneReading(1, 3000 - index, START_US + index, index),
  );
  expect(readAll(builder.build(batchesOf(sent)).blob)).toEqual(inOrder(sent));
});

/** `devices` that each send `each` readings a second apart: random walks with two decimals and whole milliseconds of jitter. */
const fleet = (devices: number, each: number): PlainStored[] => {
  const random = seededDoubles(7);
  const sent: PlainStored[] = [];
  const levels = Array.from({ length: devices }, () => 2000 + Math.floor(random() * 1000));
  for (let sequence = 0; sequence < each; sequence++) {
    for (let device = 0; device < devices; device++) {
      levels[device] = levels[device]! + Math.floor(random() * 101) - 50;
      const time = START_US + sequence * 1_000_000 + Math.floor(random() * 10) * 1000;
      sent.push(oneReading(1000 + device, sequence, time, levels[device]! / 100));
    }
  }
  return sent;
};

test("a run of 1,000 readings costs at most 1.4 bytes each where entropy alone needs 1.25", () => {
  const { blob, readings } = builder.build(batchesOf(fleet(20, 1000)));
  expect(blob.length / readings).toBeLessThanOrEqual(1.4);
});

test("10,000 runs with one reading each cost at most 8 bytes per reading, run numbers included", () => {
  const { blob, readings } = builder.build(batchesOf(fleet(10_000, 1)));
  expect(blob.length / readings).toBeLessThanOrEqual(8);
});

test("twenty samples per datagram at fixed offsets cost what their values cost", () => {
  const random = seededDoubles(8);
  const sent = Array.from({ length: 100 }, (_, sequence): PlainStored => {
    const time = START_US + sequence * 1_000_000;
    const samples = Array.from(
      { length: 20 },
      (__, index): PlainReading => ({
        channel: 3,
        type: VALUE_TYPE.INT32,
        time: time - (19 - index) * 50_000,
        value: Math.floor(random() * 16),
      }),
    );
    return { run: 1, sequence, time, readings: samples };
  });
  const { blob, readings } = builder.build(batchesOf(sent));
  expect(blob.length / readings).toBeLessThanOrEqual(0.6);
});
