import { expect, test } from "vitest";
import { TrackerBed } from "../../../support/tracker-bed.ts";

// Numbers from before the first that was heard, beside those the device goes on with.

/** Live numbers from 100 on, then those the device had kept: 50 and 51. */
const backfilling = (): TrackerBed => {
  const bed = new TrackerBed();
  bed.stream(100, 110);
  bed.advance(1000);
  bed.data(50);
  expect(bed.data(51)).toBe("in-order");
  return bed;
};

test("R3: numbers from before the first are a run of their own, beside which the known one goes on", () => {
  const bed = backfilling();
  for (const number of [111, 52, 113, 54]) bed.data(number);
  expect(bed.ledger(1)).toMatchObject({ first: 100, highWater: 113, inOrder: 13, missing: 1 });
  expect(bed.ledger(2)).toMatchObject({ first: 50, highWater: 54, inOrder: 4, missing: 1 });
  bed.heartbeat(115);
  expect([bed.ledger(1).highWater, bed.ledger(2).highWater]).toEqual([114, 54]);
});

test("R3: a copy of a live number is no number of the run below it", () => {
  expect(backfilling().data(105)).toBe("duplicate");
});

test("R3: what is sent from before the first is no beginning: its head is unknown", () => {
  const bed = backfilling();
  expect(bed.ledger(2)).toMatchObject({ first: 50, missing: 0 });
  expect(bed.flags(2)).not.toContain("HEAD_KNOWN");
});

test("R3: a device that began again below its first number, and comes to it, goes on in one run", () => {
  const bed = new TrackerBed();
  bed.stream(100, 110, { time: 1 });
  bed.advance(1000);
  for (let number = 0; number < 120; number++) if (number !== 100) bed.data(number, { time: 2 + number });
  expect(bed.ledger(1)).toMatchObject({ highWater: 110, duplicates: 0 });
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 119, inOrder: 119, missing: 1 });
});

test("R3: without send times a run that reaches the one above it goes on in it", () => {
  const bed = new TrackerBed();
  bed.stream(100, 110);
  bed.advance(1000);
  bed.stream(0, 119);
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 119, inOrder: 120, missing: 0 });
});

test("R3: a device that goes on meanwhile sends again what it had sent: copies, also without send times or with relative ones", () => {
  for (const timeOf of [() => ({}), (number: number) => ({ relative: 1 + number * 1000 })]) {
    const bed = new TrackerBed();
    const send = (first: number, last: number): void => {
      for (let number = first; number <= last; number++) bed.data(number, timeOf(number));
    };
    send(100, 110);
    bed.advance(1000);
    send(50, 70);
    bed.advance(251);
    send(111, 111);
    send(71, 105);
    send(112, 112);
    expect(bed.ledger(1)).toMatchObject({ first: 100, highWater: 112, inOrder: 13, duplicates: 6 });
    expect(bed.ledger(2)).toMatchObject({ first: 50, highWater: 99, inOrder: 50, duplicates: 0 });
  }
});

const BELOW_100 = Array.from({ length: 100 }, (_, number) => number);

/** Live numbers from 100 to `last`, then what the device had kept, all unless told; each has the time it was sent at, or measured. */
const caughtUp = (
  last: number,
  without: readonly number[] = [],
  isMeasured = false,
  kept: readonly number[] = BELOW_100,
): TrackerBed => {
  const bed = new TrackerBed();
  const send = (number: number): void => {
    bed.data(number, { time: isMeasured ? 1 + number : bed.nowMs * 1000 });
    bed.advance(1);
  };
  for (let number = 100; number <= last; number++) if (!without.includes(number)) send(number);
  bed.advance(1000).tick();
  for (const number of kept) send(number);
  return bed;
};

test("R3: control that says no more than is known is none of the run that reaches the known one", () => {
  const bed = caughtUp(100);
  bed.heartbeat(101, { time: bed.nowMs * 1000 });
  expect(bed.ledger(1)).toMatchObject({ highWater: 100, inOrder: 1 });
  expect(bed.ledger(2)).toMatchObject({ highWater: 99, inOrder: 100, missing: 0 });
});

test("R3: a copy of the known run's first is none of the run that reaches it, by its time", () => {
  const bed = caughtUp(110, [], true);
  expect(bed.data(100, { time: 101 })).toBe("duplicate");
  bed.data(111, { time: 112 });
  expect(bed.ledger(1)).toMatchObject({ highWater: 111, inOrder: 12, duplicates: 1 });
});

test("R3: a number that is absent in the known run is no beginning, however late it was sent", () => {
  const bed = caughtUp(110, [105]);
  expect(bed.data(105, { time: bed.nowMs * 1000 })).toBe("late");
  expect(bed.ledger(1)).toMatchObject({ inOrder: 10, late: 1, lost: {} });
  expect(bed.ledger(2)).toMatchObject({ highWater: 99, missing: 0 });
});

test("R2: what a device had kept may come in another order than it was sent, however late that is for the known run", () => {
  const bed = caughtUp(110, [], true, []);
  for (const number of [51, 52]) bed.data(number, { time: 1 + number });
  expect(bed.data(50, { time: 51 })).toBe("reordered");
  expect(bed.ledger(2)).toMatchObject({ first: 50, highWater: 52, inOrder: 2, reordered: 1 });
});

test("R2: a number the device had kept is in one run, also when it was sent before that run's first datagram", () => {
  const bed = caughtUp(110, [], false, []);
  const [sent52, sent53] = [bed.nowMs * 1000, bed.nowMs * 1000 + 1];
  bed.advance(10);
  for (const number of [111, 60, 61, 50]) bed.data(number, { time: bed.nowMs * 1000 });
  bed.advance(250).tick();
  expect(bed.data(52, { time: sent52 })).toBe("late");
  expect(bed.data(53, { time: sent53 })).toBe("late");
  // a copy of them begins nothing either
  for (const [number, time] of [
    [52, sent52],
    [53, sent53],
  ] as const)
    expect(bed.data(number, { time })).toBe("duplicate");
  expect(bed.ledger(2)).toMatchObject({ first: 50, highWater: 61, late: 2, lost: { undetermined: 7 } });
  expect([...bed.rows.keys()]).toEqual([1, 2]);
});

test("R2: where the first number of a run falls it has those from there on, also of a run below it that goes on", () => {
  const JUMP = 2 ** 20;
  const bed = new TrackerBed();
  bed.data(4 * JUMP);
  for (const number of [10, 11, 12]) bed.data(number);
  expect(bed.data(3 * JUMP)).toBe("reordered");
  for (const jump of [1, 2]) expect(bed.data(12 + jump * JUMP)).toBe("in-order");
  expect(bed.data(3 * JUMP + 5)).toBe("reordered");
  expect([bed.ledger(1).first, bed.ledger(2).highWater]).toEqual([3 * JUMP, 12 + 2 * JUMP]);
});

test("R6: a device is heard on what it goes on with while it sends what it had kept", () => {
  const bed = backfilling();
  for (let number = 0; number < 20; number++) {
    bed.data(111 + number);
    bed.data(52 + number);
    bed.advance(1000);
  }
  expect([bed.flags(1), bed.flags(2)].map((flags) => flags.includes("CURRENT"))).toEqual([true, false]);
  bed.advance(10_000);
  bed.data(72);
  expect(bed.flags(2)).toContain("CURRENT");
});

test("R6: of a slow device also, until it misses its turn", () => {
  const bed = new TrackerBed();
  for (let number = 100; number < 104; number++) {
    bed.data(number);
    bed.advance(60_000);
  }
  for (let number = 0; number < 30; number++) {
    bed.data(number);
    bed.advance(1000);
  }
  expect(bed.flags(1)).toContain("CURRENT");
  bed.advance(60_000);
  bed.data(30);
  expect(bed.flags(2)).toContain("CURRENT");
});
