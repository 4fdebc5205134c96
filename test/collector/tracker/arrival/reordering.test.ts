import fc from "fast-check";
import { expect, test } from "vitest";
import { upperBoundOf } from "../../../../common/log-histogram.ts";
import { TrackerBed } from "../../../support/tracker-bed.ts";

const DEVICE = "pump-7";
const reordering = (bed: TrackerBed) => bed.tracker.arrivalsOf(DEVICE)!.reordering;
const say = (bed: TrackerBed, ...numbers: number[]): void => {
  for (const number of numbers) bed.data(number, { device: DEVICE });
};
const delays = (bed: TrackerBed): number[] =>
  bed.tracker.reorderDelays.flatMap((count, bucket) =>
    new Array<number>(count).fill(Math.round(upperBoundOf(bucket))),
  );

/** RFC 4737 to the letter: by looking at every earlier arrival. */
const naive = (arrivals: readonly number[]) => {
  const extents: number[] = [];
  const atLeast = new Array<number>(8).fill(0);
  for (const [i, number] of arrivals.entries()) {
    const first = arrivals.findIndex((other, j) => j < i && other > number);
    if (first < 0) continue;
    extents.push(i - first);
    let n = 0;
    while (n < i && arrivals[i - 1 - n]! > number) n++;
    for (let index = 0; index < Math.min(n, 8); index++) atLeast[index]!++;
  }
  const sum = extents.reduce((total, extent) => total + extent, 0);
  return {
    count: extents.length,
    greatestExtent: Math.max(0, ...extents),
    meanExtent: extents.length === 0 ? 0 : sum / extents.length,
    atLeast,
  };
};

test("RFC 4737: a number that comes after three greater ones has the extent 3 and is 3-reordered", () => {
  const bed = new TrackerBed();
  say(bed, 0, 2, 3, 4, 1, 5);
  expect(reordering(bed)).toMatchObject({ count: 1, greatestExtent: 3, atLeast: [1, 1, 1, 0, 0, 0, 0, 0] });
});

test("RFC 4737: of two that come late together the second is not n-reordered past the first", () => {
  const bed = new TrackerBed();
  say(bed, 0, 3, 4, 1, 2);
  expect(reordering(bed)).toMatchObject({
    count: 2,
    greatestExtent: 3,
    meanExtent: 2.5,
    atLeast: [1, 1, 0, 0, 0, 0, 0, 0],
  });
});

test("RFC 4737: extents and n-reordering are those of the definitions, in any order, with losses and copies", () => {
  const order = fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 11 })
    .map((numbers) => [0, ...numbers]);
  fc.assert(
    fc.property(order, fc.boolean(), (arrivals, withCopies) => {
      const bed = new TrackerBed();
      for (const number of arrivals) say(bed, ...(withCopies ? [number, number] : [number]));
      expect(reordering(bed)).toMatchObject(naive(arrivals));
    }),
    { numRuns: 300 },
  );
});

test("RFC 4737: where more came out of order than is remembered n is never overstated, extents stay exact", () => {
  const order = fc.shuffledSubarray(
    Array.from({ length: 60 }, (_, index) => index + 1),
    { minLength: 40 },
  );
  fc.assert(
    fc.property(order, (numbers) => {
      const arrivals = [0, ...numbers];
      const bed = new TrackerBed();
      say(bed, ...arrivals);
      const told = reordering(bed);
      const { atLeast, ...exact } = naive(arrivals);
      expect(told).toMatchObject(exact);
      for (const [index, count] of told.atLeast.entries()) expect(count).toBeLessThanOrEqual(atLeast[index]!);
    }),
    { numRuns: 100 },
  );
});

test("the delay of a reordered number runs from the opening of its gap, also when the gap was cut in between", () => {
  const bed = new TrackerBed();
  say(bed, 0, 5);
  bed.advance(10);
  say(bed, 2);
  bed.advance(8);
  say(bed, 4);
  expect(reordering(bed).greatestDelayUs).toBe(18_000);
  const [first, second] = delays(bed);
  expect(first).toBeGreaterThanOrEqual(10_000);
  expect(first).toBeLessThan(10_000 * 1.1);
  expect(second).toBeGreaterThanOrEqual(18_000);
  expect(second).toBeLessThan(18_000 * 1.1);
});

test("what comes after its window was over counts too", () => {
  const bed = new TrackerBed();
  say(bed, 0, 2);
  bed.advance(400).tick();
  expect(bed.data(1, { device: DEVICE })).toBe("late");
  expect(reordering(bed)).toMatchObject({ count: 1, greatestExtent: 1, greatestDelayUs: 400_000 });
});

test("a number below the first one is as far out of order as numbers had come", () => {
  const bed = new TrackerBed();
  say(bed, 5, 6, 3, 4);
  expect(reordering(bed)).toMatchObject({ count: 2, greatestExtent: 3, atLeast: [1, 1, 0, 0, 0, 0, 0, 0] });
});

test("what only a heartbeat was ahead of came after no greater number: it has a delay and no extent", () => {
  const bed = new TrackerBed();
  say(bed, 0);
  bed.heartbeat(3, { device: DEVICE });
  bed.advance(5);
  say(bed, 1, 2);
  expect(reordering(bed).count).toBe(0);
  expect(delays(bed)).toHaveLength(2);
});

test("another run begins with nothing out of order", () => {
  const bed = new TrackerBed();
  say(bed, 0, 2, 1);
  for (const number of [0, 1]) bed.data(number, { device: DEVICE, epoch: 2 });
  expect(bed.tracker.arrivalsOf(DEVICE)).toMatchObject({
    epoch: 2,
    reordering: { count: 0, atLeast: new Array(8).fill(0) },
  });
});

test("of a device nobody knows nothing is told", () => {
  expect(new TrackerBed().tracker.arrivalsOf("nobody")).toBeNull();
});
