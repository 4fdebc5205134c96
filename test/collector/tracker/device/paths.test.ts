import { expect, test, vi } from "vitest";
import { PathRing } from "../../../../collector/tracker/device/path-ring.ts";
import type { PathCounters } from "../../../../collector/tracker/device/paths.ts";
import { ROW } from "../../../../protocol/ledger-row.ts";
import { TrackerBed } from "../../../support/tracker-bed.ts";

const A = { listener: 0 };
const B = { listener: 1, port: 6000 };
const twoPaths = (): TrackerBed => new TrackerBed({ paths: [0, 1] });

const sumsOf = (bed: TrackerBed) =>
  bed.tracker.paths!.counters.map(({ expected, first, redundant, backed }: PathCounters) => ({
    expected,
    first,
    redundant,
    backed,
  }));

test("R4: the first copy by another path is redundant, a further one by either path a duplicate", () => {
  const bed = twoPaths();
  expect(bed.data(0, A)).toBe("in-order");
  expect(bed.data(0, B)).toBe("redundant");
  expect(bed.data(0, B)).toBe("duplicate");
  expect(bed.data(0, A)).toBe("duplicate");
  expect(bed.ledger()).toMatchObject({ inOrder: 1, duplicates: 2 });
  expect(bed.row(1)[ROW.REDUNDANT]).toBe(1);
});

test("R4: listeners that are one path make duplicates of each other's copies", () => {
  const bed = new TrackerBed({ paths: [0, 0] });
  bed.data(0, A);
  expect(bed.data(0, B)).toBe("duplicate");
  expect(bed.tracker.paths).toBeNull();
});

test("R4: what is missing on one path and comes by the other is received, in order or reordered", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.data(0, B);
  bed.data(2, A);
  expect(bed.data(1, B)).toBe("reordered");
  expect(bed.data(2, B)).toBe("redundant");
  bed.advance(300).tick();
  expect(bed.ledger()).toMatchObject({ missing: 0, lost: {} });
  expect(sumsOf(bed)).toEqual([
    { expected: 3, first: 2, redundant: 0, backed: 2 },
    { expected: 3, first: 1, redundant: 2, backed: 0 },
  ]);
});

test("R4: a held number that begins a run came by the path of its listener", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.data(1, A);
  expect(bed.data(5_000_000, A)).toBe("held");
  expect(bed.data(5_000_001, B)).toBe("in-order");
  expect(bed.data(5_000_000, B)).toBe("redundant");
  expect(bed.data(5_000_000, A)).toBe("duplicate");
  expect(bed.data(5_000_001, A)).toBe("redundant");
});

test("R4: by which path a number came is remembered for all that was used in the last 10 s", () => {
  const bed = twoPaths();
  for (let number = 0; number < 9000; number++) {
    bed.data(number, A);
    bed.advance(1);
  }
  expect(bed.data(0, B)).toBe("redundant");
  expect(bed.data(8999, B)).toBe("redundant");
});

test("R4: of what is older at least the last 16 numbers are remembered; a copy of one before is a duplicate", () => {
  const bed = twoPaths();
  for (let number = 0; number < 100; number++) {
    bed.data(number, { ...A, time: number });
    bed.advance(60_000);
  }
  expect(bed.data(84, { ...B, time: 84 })).toBe("redundant");
  expect(bed.data(83, { ...B, time: 83 })).toBe("duplicate");
});

test("R4: a leap of forged numbers makes a run remember four times as many at most", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.data(1, A);
  bed.data(1_000_000, A);
  for (let number = 999_900; number < 1_000_000; number++) bed.data(number, A);
  expect(bed.data(999_999, B)).toBe("redundant");
  expect(bed.data(999_936, B)).toBe("duplicate");
});

test("R5: another source on another path is no second sender, and no change of source", () => {
  const bed = twoPaths();
  bed.data(0, { ...A, time: 0 });
  bed.data(0, { ...B, time: 0 });
  for (let number = 1; number < 30; number++) {
    bed.advance(1000);
    bed.data(number, { ...A, time: number });
    bed.data(number, { ...B, time: number });
  }
  expect(bed.heardOf("event")).toEqual([]);
  expect(bed.heardOf("source")).toEqual(["source 1 192.0.2.7:5000"]);
  bed.data(3, { ...B, time: 40_000_000 });
  expect(bed.heardOf("event")).toEqual(["event epoch-reused 1"]);
});

test("R5: a source on a path by which the reported one is heard too, be it in order only, is another sender", () => {
  const bed = twoPaths();
  for (const number of [0, 1]) {
    bed.data(number, A);
    bed.data(number, B);
  }
  bed.data(2, { ...A, listener: B.listener });
  bed.advance(10_000);
  bed.data(3, A);
  bed.data(3, B);
  expect(bed.heardOf("event")).toEqual(["event source-changed 1"]);
});

test("R5: the source on the other path takes over 2 s after the reported one fell silent, without an event", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.data(0, B);
  bed.advance(1999);
  bed.data(1, B);
  expect(bed.heardOf("source")).toHaveLength(1);
  bed.advance(1);
  bed.data(2, B);
  expect(bed.heardOf("source")).toEqual(["source 1 192.0.2.7:5000", "source 1 192.0.2.7:6000"]);
  expect(bed.heardOf("event")).toEqual([]);
});

test("what a device used before it was heard on a path is not expected there", () => {
  const bed = twoPaths();
  for (let number = 0; number < 10; number++) bed.data(number, A);
  bed.data(8, B);
  bed.data(9, B);
  bed.data(10, A);
  expect(sumsOf(bed)).toEqual([
    { expected: 11, first: 11, redundant: 0, backed: 2 },
    { expected: 3, first: 0, redundant: 2, backed: 0 },
  ]);
});

test("what is lost on every path is expected on each that the device is heard by", () => {
  const bed = twoPaths();
  for (const number of [0, 1, 5]) {
    bed.data(number, A);
    bed.data(number, B);
  }
  expect(sumsOf(bed).map(({ expected }) => expected)).toEqual([6, 6]);
});

test("the skew of a path is the time between the first copy and its own", () => {
  const bed = twoPaths();
  for (let number = 0; number < 4; number++) {
    bed.data(number, A);
    bed.advance(30);
    bed.data(number, B);
  }
  const [, { skew }] = bed.tracker.paths!.counters as [PathCounters, PathCounters];
  expect(skew.sumUs).toBe(120_000);
});

test("after a start it is not known by which path a number came: its copies are duplicates", () => {
  const before = twoPaths();
  for (let number = 0; number < 3; number++) before.data(number, A);
  const after = new TrackerBed(
    { paths: [0, 1] },
    {
      hasHistory: true,
      nextDevice: 2,
      nextRun: 2,
      devices: [
        {
          device: 1,
          id: "pump-7",
          source: "192.0.2.7:5000",
          channels: [],
          runs: [{ epoch: 1, index: 0, row: before.row(1), absent: [] }],
        },
      ],
    },
  );
  expect(after.data(2, B)).toBe("duplicate");
  expect(after.data(3, B)).toBe("in-order");
  expect(after.data(3, A)).toBe("redundant");
});

test("a datagram that jumps costs the same however many numbers are remembered", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.data(0, B);
  // each makes it remember twice as many
  for (let jump = 16; jump <= 65_536; jump *= 2) bed.data(jump * 2, A);
  const expectedOn = vi.spyOn(PathRing.prototype, "addExpectedOn");
  bed.data(300_000, A);
  expect(expectedOn.mock.calls.length).toBeLessThan(10);
  expectedOn.mockRestore();
  expect(bed.data(299_999, B)).toBe("reordered");
  expect(sumsOf(bed).map(({ expected }) => expected)).toEqual([300_001, 300_001]);
});

test("with several paths too a change of source is told 10 s after the device was new, and no sooner", () => {
  const bed = twoPaths();
  bed.data(0, A);
  bed.advance(9999);
  bed.data(1, { ...A, port: 5001 });
  expect(bed.heardOf("event")).toEqual([]);
  bed.advance(1);
  bed.data(2, { ...A, port: 5001 });
  expect(bed.heardOf("event")).toEqual(["event source-changed 1"]);
});
