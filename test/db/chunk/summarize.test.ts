import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChunkHead } from "../../../db/chunk/chunk-head.ts";
import { summarize } from "../../../db/chunk/summarize.ts";
import { columnsOf, naiveChannel, type PlainDatagram } from "../../support/plain-datagrams.ts";

const naiveHead = (datagrams: readonly PlainDatagram[]): ChunkHead => {
  const readings = datagrams.flatMap(({ sequence, readings: own }) =>
    own.map((each) => ({ ...each, sequence })),
  );
  const times = datagrams.map(({ timeUs }) => timeUs);
  const readingTimes = readings.length === 0 ? times : readings.map(({ timeUs }) => timeUs);
  const channels = [...new Set(readings.map(({ channel }) => channel))];
  const pays = readings.length >= 64 && readings.length >= 4 * channels.length;
  return {
    ...{ datagrams: datagrams.length, readings: readings.length, bytes: 0 },
    ...{ firstSequence: datagrams[0]!.sequence, lastSequence: datagrams.at(-1)!.sequence },
    ...{ firstTimeUs: Math.min(...times), lastTimeUs: Math.max(...times) },
    ...{ firstReadingTimeUs: Math.min(...readingTimes), lastReadingTimeUs: Math.max(...readingTimes) },
    channels: pays
      ? channels.map((channel) =>
          naiveChannel(
            channel,
            readings.filter((each) => each.channel === channel),
          ),
        )
      : null,
  };
};

/** as few values as make equal ones likely */
const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(-2, -0.5, 0.1, 1, 3) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);
/** beyond the places there are at first, too */
const channel = fc.constantFrom(0, 3, 63, 64, 130, 65_535);
const reading = fc.record({ channel, timeUs: fc.integer({ min: 100, max: 120 }), value });
const datagram = fc.record({
  skipped: fc.nat(2),
  timeUs: fc.integer({ min: 95, max: 125 }),
  readings: fc.array(reading, { maxLength: 6 }),
});

test.each([64, 65, 130, 65_535])(
  "readings of channel %d, the first with so great a number, are one channel",
  (channel) => {
    const readings = Array.from({ length: 64 }, (_, at) => ({ channel, timeUs: at, value: at }));
    const datagrams = [{ sequence: 1, timeUs: 0, readings }];
    expect(summarize(columnsOf(datagrams), 0, 1)).toEqual(naiveHead(datagrams));
  },
);

test("the head of a chunk says what going through its readings one by one does", () => {
  fc.assert(
    fc.property(
      fc.array(datagram, { minLength: 1, maxLength: 40, size: "max" }),
      fc.nat(),
      fc.nat(),
      (drawn, begin, end) => {
        let next = 7;
        const datagrams = drawn.map(({ skipped, ...each }) => {
          next += 1 + skipped;
          return { ...each, sequence: next };
        });
        const from = begin % datagrams.length;
        const to = from + 1 + (end % (datagrams.length - from));
        const columns = columnsOf(datagrams);
        for (const [first, after] of [
          [from, to],
          [0, datagrams.length],
        ] as const)
          expect(summarize(columns, first, after)).toEqual(naiveHead(datagrams.slice(first, after)));
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  [63, 1, false],
  [64, 1, true],
  [67, 17, false],
  [68, 17, true],
])("of %d readings of %d channels it is said whether the sums pay: %s", (count, channels, pays) => {
  const readings = Array.from({ length: count }, (_, at) => ({
    channel: at % channels,
    timeUs: at,
    value: at,
  }));
  const datagrams = [{ sequence: 1, timeUs: 0, readings }];
  const head = summarize(columnsOf(datagrams), 0, 1);
  expect(head).toEqual(naiveHead(datagrams));
  expect(head.channels !== null).toBe(pays);
});
