import fc from "fast-check";
import { expect, test } from "vitest";
import { isSampled, Transit } from "../../../../collector/tracker/arrival/transit.ts";
import { TrackerBed } from "../../../support/tracker-bed.ts";

const DEVICE = "pump-7";
const SECOND_US = 1_000_000;

/** Numbers `intervalUs` apart that take so long each; `skewUs` is how far the sender's clock is ahead. */
const travel = (bed: TrackerBed, transitsUs: readonly number[], intervalUs: number, skewUs = 0): void => {
  const startMs = bed.nowMs;
  for (const [number, transitUs] of transitsUs.entries()) {
    const sentUs = number * intervalUs;
    bed.advance(startMs + (sentUs + transitUs) / 1000 - bed.nowMs);
    bed.data(number, { device: DEVICE, time: sentUs + 1 + skewUs });
  }
};
const transit = (bed: TrackerBed) => bed.tracker.arrivalsOf(DEVICE)!.transit;
const steady = (count: number, transitUs = 2000): number[] => new Array<number>(count).fill(transitUs);

test("a way that always takes the same has no jitter and no spread", () => {
  const bed = new TrackerBed();
  travel(bed, steady(100), 100_000);
  expect(transit(bed)).toMatchObject({ jitterUs: 0 });
  expect(transit(bed)!.greatestUs - transit(bed)!.leastUs).toBe(0);
});

test("RFC 3550: the jitter of a way that alternates by 8 ms comes near 8 ms", () => {
  const bed = new TrackerBed();
  travel(
    bed,
    Array.from({ length: 100 }, (_, index) => 2000 + 8000 * (index % 2)),
    6 * SECOND_US,
  );
  const { pairs, jitterUs, leastUs, greatestUs } = transit(bed)!;
  // the smoothing of RFC 3550 §6.4.1, from 0
  expect(jitterUs).toBeCloseTo(8000 * (1 - (15 / 16) ** pairs), 0);
  expect(greatestUs - leastUs).toBe(8000);
});

test("of a device that sends often one pair in eight is looked at, of a slow one each", () => {
  const often = new TrackerBed();
  travel(often, steady(81), 100_000);
  expect(transit(often)!.pairs).toBeLessThanOrEqual(12);
  const slow = new TrackerBed();
  travel(slow, steady(81), 6 * SECOND_US);
  expect(transit(slow)!.pairs).toBeGreaterThan(70);
});

test("the offset of the clocks is in the delay and not in its spread", () => {
  const bed = new TrackerBed();
  travel(bed, [2000, 2000, ...steady(40, 5000), ...steady(40, 3000)], 6 * SECOND_US, -3600 * SECOND_US);
  const { leastUs, greatestUs, meanUs } = transit(bed)!;
  expect(leastUs).toBeGreaterThan(3599 * SECOND_US);
  expect(greatestUs - leastUs).toBeLessThanOrEqual(3000);
  expect(meanUs - leastUs).toBeLessThanOrEqual(3000);
});

test("a gap between two numbers makes no pair of them", () => {
  const bed = new TrackerBed();
  for (let number = 0; number < 40; number += 2) {
    bed.advance(6000);
    bed.data(number, { device: DEVICE, time: number * 3 * SECOND_US + 1 });
  }
  expect(transit(bed)).toBeNull();
});

test("a number without a send time makes no pair with its neighbours", () => {
  const bed = new TrackerBed();
  // of the first two, which are not the short path's yet, the pair at a multiple of 8 is looked at
  for (const number of [7, 8, 9, 10]) {
    bed.advance(6000);
    bed.data(number, { device: DEVICE, ...(number % 2 === 0 ? { time: number * 6 * SECOND_US } : {}) });
  }
  expect(transit(bed)).toBeNull();
});

test("without send times nothing is known", () => {
  const bed = new TrackerBed();
  bed.stream(0, 50, { device: DEVICE });
  expect(transit(bed)).toBeNull();
});

test("times from the start of the epoch give jitter, and say that they are relative", () => {
  const bed = new TrackerBed();
  for (let number = 0; number < 100; number++) {
    bed.advance(6000 + (number % 2 === 0 ? -4 : 4));
    bed.data(number, { device: DEVICE, relative: (number + 1) * 6 * SECOND_US });
  }
  expect(bed.tracker.arrivalsOf(DEVICE)!.isRelative).toBe(true);
  expect(transit(bed)!.jitterUs).toBeGreaterThan(3000);
  expect(transit(bed)!.jitterUs).toBeLessThanOrEqual(8000);
});

test("a clock that was set begins the figures anew", () => {
  const figures = new Transit(4);
  figures.add(1, 2000, 3000, 0);
  figures.add(1, 3000, 3600 * SECOND_US, SECOND_US);
  expect(figures.of(1)).toEqual({
    pairs: 1,
    jitterUs: 0,
    meanUs: 3600 * SECOND_US,
    leastUs: 3600 * SECOND_US,
    greatestUs: 3600 * SECOND_US,
  });
});

test("the least and the greatest are those of the last ten to twenty minutes: clocks drift", () => {
  const figures = new Transit(4);
  figures.add(0, 1000, 1000, 0);
  figures.add(0, 1000, 9000, 601 * SECOND_US);
  expect(figures.of(0)).toMatchObject({ leastUs: 1000, greatestUs: 9000 });
  figures.add(0, 9000, 8000, 1202 * SECOND_US);
  expect(figures.of(0)).toMatchObject({ leastUs: 8000, greatestUs: 9000 });
});

test("a period ends ten minutes after both clocks were set back at the latest, not when they have caught up", () => {
  const figures = new Transit(4);
  figures.add(0, 1000, 1000, 3600 * SECOND_US);
  figures.add(0, 1000, 9000, 0);
  figures.add(0, 9000, 8000, 601 * SECOND_US);
  expect(figures.of(0)).toMatchObject({ leastUs: 8000, greatestUs: 9000 });
});

test("a device that takes the place of one that left the memory has figures of its own", () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bed = new TrackerBed({ maxDevices: 1, archive });
  for (const number of [0, 1, 2, 4, 3, 5]) {
    bed.advance(6000);
    bed.data(number, { device: "idle", time: (number + 1) * SECOND_US });
  }
  expect(bed.tracker.arrivalsOf("idle")).toMatchObject({ transit: { pairs: 1 }, reordering: { count: 1 } });
  bed.advance(60_000);
  bed.data(0, { device: DEVICE });
  expect(bed.heardOf("paged out")).toEqual(["paged out 1"]);
  expect(bed.tracker.arrivalsOf(DEVICE)).toMatchObject({ transit: null, reordering: { count: 0 } });
});

test("figures of more runs than were expected find room, and a run that left takes its own along", () => {
  const figures = new Transit(2);
  figures.add(0, 1, 2, 0);
  figures.add(9, 1, 2, 0);
  figures.forget(0);
  expect([figures.of(0), figures.of(9)?.pairs, figures.of(100)]).toEqual([null, 1, null]);
  const few = new Transit(2);
  few.add(2, 9000, 9000, 0);
  expect(few.of(2)).toMatchObject({ pairs: 1, leastUs: 9000, greatestUs: 9000 });
  few.forget(2);
  few.add(2, 1000, 1000, 0);
  expect(few.of(2)).toMatchObject({ pairs: 1, leastUs: 1000, greatestUs: 1000 });
});

test.each([
  [8, 1, true],
  [12, 4_999_999, false],
  [15, 4_999_999, false],
  [15, 5_000_000, true],
])(
  "the pair of number %i of a device with %i us between two is looked at: %s",
  (number, intervalUs, isLookedAt) => {
    expect(isSampled(number, intervalUs)).toBe(isLookedAt);
  },
);

interface Pair {
  formerUs: number;
  transitUs: number;
  elapsedUs: number;
}

/** The figures of all pairs so far, worked out from the beginning. */
const naiveFigures = (all: readonly Pair[]) => {
  const isSet = ({ formerUs, transitUs }: Pair): boolean => Math.abs(transitUs - formerUs) > 10 * SECOND_US;
  const pairs = all.slice(Math.max(0, all.findLastIndex(isSet)));
  let [jitterUs, meanUs, atUs, sinceUs] = [0, pairs[0]!.transitUs, 0, 0];
  let [former, current]: number[][] = [[], []];
  for (const [index, { formerUs, transitUs, elapsedUs }] of pairs.entries()) {
    if (!isSet(pairs[index]!)) jitterUs += (Math.abs(transitUs - formerUs) - jitterUs) / 16;
    meanUs += (transitUs - meanUs) / 16;
    if (index > 0) atUs += elapsedUs;
    if (atUs - sinceUs > 600 * SECOND_US) [former, current, sinceUs] = [current!, [], atUs];
    current!.push(transitUs);
  }
  const seen = [...former!, ...current!];
  return { pairs: pairs.length, jitterUs, meanUs, leastUs: Math.min(...seen), greatestUs: Math.max(...seen) };
};

test("the figures are those of the pairs since the clock was set", () => {
  const pair = fc.record({
    formerUs: fc.constant(0),
    transitUs: fc.oneof(fc.nat(10_000), fc.constantFrom(10 * SECOND_US, 10 * SECOND_US + 1)),
    elapsedUs: fc.constantFrom(1, 200 * SECOND_US, 300 * SECOND_US, 600 * SECOND_US, 600 * SECOND_US + 1),
  });
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 30 }), (pairs) => {
      const figures = new Transit(1);
      let arrivalUs = 0;
      for (const { formerUs, transitUs, elapsedUs } of pairs) {
        arrivalUs += elapsedUs;
        figures.add(0, formerUs, transitUs, arrivalUs);
      }
      const { jitterUs, meanUs, ...exact } = naiveFigures(pairs);
      expect(figures.of(0)).toMatchObject(exact);
      expect(figures.of(0)!.jitterUs).toBeCloseTo(jitterUs, 6);
      expect(figures.of(0)!.meanUs).toBeCloseTo(meanUs, 6);
    }),
    { numRuns: 300 },
  );
});
