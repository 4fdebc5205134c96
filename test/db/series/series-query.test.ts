import fc from "fast-check";
import { expect, test } from "vitest";
import type { Piece, Pieces } from "../../../db/query/pieces.ts";
import { bucketAt, type Grid } from "../../../db/series/grid.ts";
import {
  type GapNumbers,
  querySeries,
  type SeriesRequest,
  type SeriesRun,
} from "../../../db/series/series-query.ts";
import { columnsOf, naiveChannel, type PlainDatagram } from "../../support/plain-datagrams.ts";

/** Some datagrams of a run that are stored together, and what is known of them without reading. */
interface PlainPiece {
  datagrams: readonly PlainDatagram[];
  /** as of a chunk; else as of a segment, whose other runs may reach farther */
  isExact: boolean;
  farther: number;
  isSummed: boolean;
}
interface PlainRun {
  isUnsequenced: boolean;
  channels: readonly number[];
  pieces: readonly PlainPiece[];
}

const pieceOf = ({ datagrams, isExact, farther, isSummed }: PlainPiece): Piece => {
  const columns = columnsOf(datagrams);
  const times = [...columns.datagramTime];
  const readings = datagrams.flatMap(({ sequence, readings: own }) =>
    own.map((each) => ({ ...each, sequence })),
  );
  const readingTimes = readings.length === 0 ? times : readings.map(({ timeUs }) => timeUs);
  const beyond = isExact ? 0 : farther;
  const numbers = [...new Set(readings.map(({ channel }) => channel))];
  return {
    ...{ datagrams: datagrams.length, isExact },
    ...{ firstTimeUs: Math.min(...times) - beyond, lastTimeUs: Math.max(...times) + beyond },
    firstReadingTimeUs: Math.min(...readingTimes) - beyond,
    lastReadingTimeUs: Math.max(...readingTimes) + beyond,
    channels:
      isExact && isSummed
        ? numbers.map((number) =>
            naiveChannel(
              number,
              readings.filter(({ channel }) => channel === number),
            ),
          )
        : null,
    ...{ columns: () => columns, uncounted: () => columns },
  };
};

const piecesOf = (runs: readonly PlainRun[]): Pick<Pieces, "of"> => ({
  *of({ run }, { fromUs, toUs }) {
    for (const piece of runs[run]!.pieces.map(pieceOf)) {
      const [first, last] = [
        Math.min(piece.firstTimeUs, piece.firstReadingTimeUs),
        Math.max(piece.lastTimeUs, piece.lastReadingTimeUs),
      ];
      if ((fromUs === null || last >= fromUs) && (toUs === null || first < toUs)) yield piece;
    }
  },
});

/** later than all there is */
const NOW_US = 1000;
const NO_GAPS: GapNumbers = { absent: { *of() {} }, filled: { place: () => undefined } };

const runOf = ({ isUnsequenced, channels }: PlainRun, run: number): SeriesRun => ({
  ...{ run, firstArrivalUs: 0, lastArrivalUs: 1000, lastFlush: 1 },
  ...{ epoch: run, index: 0, isUnsequenced, channels },
});

const ask = (runs: readonly PlainRun[], span: Omit<SeriesRequest, "runs" | "nowUs">) =>
  querySeries(piecesOf(runs), NO_GAPS, { ...span, runs: runs.map(runOf), nowUs: NOW_US });

const bucketOf = (grid: Grid, timeUs: number): number =>
  timeUs >= grid.fromUs && timeUs < grid.toUs ? bucketAt(grid, timeUs) : -1;

/** What the readings and datagrams of all runs come to in one bucket, one by one. */
const naiveBucket = (runs: readonly PlainRun[], grid: Grid, bucket: number) => {
  const isHere = ({ timeUs }: { timeUs: number }): boolean => bucketOf(grid, timeUs) === bucket;
  const received = runs
    .filter(({ isUnsequenced }) => !isUnsequenced)
    .flatMap(({ pieces }) => pieces.flatMap(({ datagrams }) => datagrams.filter(isHere))).length;
  const readings = runs.flatMap(({ pieces, channels }) =>
    pieces
      .flatMap(({ datagrams }) => datagrams)
      .toSorted((a, b) => a.sequence - b.sequence)
      .flatMap(({ readings: own }) => own)
      .filter((reading) => channels.includes(reading.channel) && isHere(reading)),
  );
  const values = readings.map(({ value }) => value).filter(Number.isFinite);
  const last = readings
    .filter(({ value }) => Number.isFinite(value))
    .toSorted((a, b) => a.timeUs - b.timeUs)
    .at(-1);
  return { received, count: readings.length, values, last: last?.value ?? 0 };
};

const timeUs = fc.oneof(fc.integer({ min: 80, max: 140 }), fc.constantFrom(100, 130));
const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -8, max: 8 }).map((eighths) => eighths / 8) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE) },
);
/**
 * Datagrams of a piece lie close to each other mostly, so that often all of them are in one bucket; their readings may be elsewhere. Of two channels
 * with one name a datagram has one: which of equal times in one datagram is the last is not said.
 */
const piece = fc
  .record({
    beganUs: timeUs,
    spreadUs: fc.constantFrom(0, 1, 3, 30),
    readAtUs: fc.option(timeUs),
    datagrams: fc.array(
      fc.record({
        after: fc.nat(30),
        channel: fc.constantFrom(1, 3),
        readings: fc.array(fc.record({ isOther: fc.boolean(), after: fc.nat(30), value }), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    ...{ isExact: fc.boolean(), isSummed: fc.boolean(), farther: fc.nat(20) },
  })
  .map(({ beganUs, spreadUs, readAtUs, datagrams, ...known }) => {
    const at = (fromUs: number, after: number): number => fromUs + (after % (spreadUs + 1));
    return {
      ...known,
      datagrams: datagrams.map(({ after, channel, readings }) => ({
        timeUs: at(beganUs, after),
        readings: readings.map((each) => ({
          channel: each.isOther ? 2 : channel,
          timeUs: at(readAtUs ?? beganUs, each.after),
          value: each.value,
        })),
      })),
    };
  });
const run = fc
  .record({
    isUnsequenced: fc.boolean(),
    channels: fc.constantFrom([], [1], [1, 3], [7]),
    pieces: fc.array(piece, { maxLength: 4 }),
  })
  .map(({ pieces, ...each }): PlainRun => {
    let sequence = 0;
    const numbered = pieces.map(({ datagrams, ...known }) => ({
      ...known,
      datagrams: datagrams.map((datagram) => ({ ...datagram, sequence: sequence++ })),
    }));
    return { ...each, pieces: numbered };
  });
const span = fc.record({
  fromUs: fc.option(fc.integer({ min: 90, max: 115 })),
  toUs: fc.option(fc.integer({ min: 115, max: 140 })),
  division: fc.oneof(
    fc.integer({ min: 1, max: 8 }).map((points) => ({ points })),
    fc.integer({ min: 1, max: 20 }).map((stepUs) => ({ stepUs })),
  ),
});

const timesOf = ({ pieces }: PlainRun): number[] =>
  pieces.flatMap(({ datagrams }) =>
    datagrams.flatMap(({ timeUs: own, readings }) => [own, ...readings.map((each) => each.timeUs)]),
  );

test("a run begins in the span if the earliest of its datagrams and readings is there, also where less is known of them", () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 3 }), span, (runs, asked) => {
      const { buckets, starts } = ask(runs, asked);
      const naive = runs
        .map((each, index) => ({ run: index, atUs: Math.min(...timesOf(each)), ...each }))
        .filter(({ isUnsequenced }) => !isUnsequenced)
        .filter(({ atUs }) => atUs >= buckets.grid.fromUs && atUs < buckets.grid.toUs)
        .toSorted((a, b) => a.atUs - b.atUs || a.run - b.run);
      expect(starts).toEqual(naive.map(({ run: number, atUs }) => ({ run: number, atUs })));
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 2000 },
  );
});

test("whatever is known of pieces without reading them, buckets are what their datagrams and readings come to one by one", () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 3 }), span, (runs, asked) => {
      const { buckets } = ask(runs, asked);
      const { grid } = buckets;
      for (let bucket = 0; bucket < grid.count; bucket++) {
        const { received, count, values, last } = naiveBucket(runs, grid, bucket);
        expect([buckets.received[bucket], buckets.count[bucket], buckets.finite(bucket)]).toEqual([
          received,
          count,
          values.length,
        ]);
        if (values.length === 0) continue;
        expect([buckets.min[bucket], buckets.max[bucket], buckets.last[bucket]]).toEqual([
          Math.min(...values),
          Math.max(...values),
          last,
        ]);
        // rounding may carry the sum past the greatest number there is
        const mean = Math.min(
          values.reduce((sum, each) => sum + each / values.length, 0),
          Math.max(...values),
        );
        expect(Math.abs(buckets.mean(bucket) - mean)).toBeLessThanOrEqual(
          Math.max(...values.map(Math.abs)) * 1e-9,
        );
      }
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 4000 },
  );
});

test("a side of the span that is open ends with the first or the last time there is, also where less is known of it", () => {
  const points = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 3 }), span, points, (runs, { fromUs, toUs }, most) => {
      const times = runs.flatMap(timesOf);
      const [first, last] = [Math.min(...times), Math.max(...times)];
      const { grid } = ask(runs, { fromUs, toUs, division: { points: most } }).buckets;
      const isThereAny =
        fromUs === null ? times.some((time) => toUs === null || time < toUs) : toUs === null || fromUs < toUs;
      if (!isThereAny) expect(grid.count).toBe(0);
      else {
        const end = fromUs === null || last >= fromUs ? last + 1 : NOW_US;
        expect([grid.fromUs, grid.toUs]).toEqual([fromUs ?? first, toUs ?? end]);
      }
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 2000 },
  );
});
