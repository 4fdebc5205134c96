import { expect, test } from "vitest";
import { TrackerBed } from "../../support/tracker-bed.ts";

const MINUTE_MS = 60_000;

test("R2: the first number seen is the first of the run", () => {
  const bed = new TrackerBed();
  bed.data(500);
  expect(bed.ledger()).toMatchObject({ first: 500, highWater: 500, inOrder: 1, missing: 0 });
});

test("R2: a lower number within the window moves first down; what never comes between is undetermined", () => {
  const bed = new TrackerBed();
  bed.data(500);
  bed.shed(498);
  bed.advance(250);
  expect(bed.data(497)).toBe("reordered");
  expect(bed.ledger()).toMatchObject({ first: 497, reordered: 1, missing: 2 });
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 498-499 undetermined"]);
});

test("R2: after the window a lower number is held and rejected as before-first", () => {
  const bed = new TrackerBed();
  bed.data(500);
  bed.advance(251);
  expect(bed.data(499)).toBe("held");
  bed.advance(5000).tick();
  expect(bed.heardOf("held")).toEqual(["held dropped: before-first"]);
});

test("R2: an epoch that began while we listened begins at 0", () => {
  const bed = new TrackerBed();
  bed.stream(0, 5, { epoch: 1 });
  bed.data(3, { epoch: 2 });
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 3, inOrder: 1, missing: 3 });
  expect(bed.flags(2)).toContain("HEAD_KNOWN");
});

test("R2: an epoch that may have begun during a listener break begins with what we heard", () => {
  const bed = new TrackerBed();
  bed.stream(0, 5, { epoch: 1 });
  bed.breakListener();
  bed.data(3, { epoch: 2 });
  expect(bed.ledger(2)).toMatchObject({ first: 3, missing: 0 });
});

test("R2: a held number is the first after a break, whatever comes after it", () => {
  const bed = new TrackerBed();
  bed.stream(58_000, 58_005, { epoch: null });
  bed.breakListener();
  expect([500, 501].map((n) => bed.data(n, { epoch: null }))).toEqual(["held", "in-order"]);
  expect(bed.ledger(2)).toMatchObject({ first: 500, inOrder: 2, missing: 0 });
  expect(bed.flags(2)).not.toContain("HEAD_KNOWN");
});

test("R2: a number too great for the silence is not the head of an epoch that began at 0", () => {
  const bed = new TrackerBed();
  bed.stream(0, 5, { epoch: 1 });
  bed.data(1024, { epoch: 2 });
  bed.data(1025, { epoch: 3 });
  expect(bed.ledger(2)).toMatchObject({ first: 0 });
  expect(bed.ledger(3)).toMatchObject({ first: 1025 });
});

test.each([
  [2 ** 20, "reordered"],
  [2 ** 20 + 1, "held"],
])("R2: a number %i below the first, while its window is open, is %s", (below, verdict) => {
  const bed = new TrackerBed();
  bed.data(2 ** 20 + 5);
  expect(bed.data(2 ** 20 + 5 - below)).toBe(verdict);
});

test("R2: below a run's floor no number moves its first down", () => {
  const bed = new TrackerBed({ maxGapsPerDevice: 2 });
  for (const number of [1000, 1002, 1004, 1006]) bed.data(number);
  expect([bed.ledger().floor, bed.data(990)]).toEqual([1002, "held"]);
});

test("R3: a number is believed up to the high water plus 2^20", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1);
  expect(bed.data(1 + 2 ** 20)).toBe("in-order");
  expect(bed.data(2 + 2 ** 21)).toBe("held");
});

test("R3: rate times silence widens what is believed", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1000);
  bed.advance(300_000);
  expect(bed.data(1000 + 4 * 300_000)).toBe("in-order");
});

test("R3: an absurd number is held and rejected, the run goes on untouched", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  expect(bed.data(2 ** 53 - 2)).toBe("held");
  expect(bed.data(10)).toBe("in-order");
  bed.advance(5000).tick();
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
  expect(bed.ledger()).toMatchObject({ highWater: 10, inOrder: 11, missing: 0 });
});

test("R3: the next number confirms a held one: both are received in a run of their own", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.data(2 ** 40);
  expect(bed.data(2 ** 40 + 1)).toBe("in-order");
  expect([bed.tracker.run, bed.tracker.sequence]).toEqual([2, 2 ** 40 + 1]);
  expect(bed.heardOf("held")).toEqual([`held accepted 2: ${2 ** 40}`]);
  expect(bed.ledger(2)).toMatchObject({ first: 2 ** 40, highWater: 2 ** 40 + 1, inOrder: 2, missing: 0 });
  expect(bed.data(10)).toBe("in-order");
  expect(bed.ledger(1)).toMatchObject({ highWater: 10 });
  expect(bed.heardOf("event")).toEqual(["event run-split 1"]);
});

test("R3: the window of a run that a held number began is over as long after that number", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  expect(bed.data(2 ** 40)).toBe("held");
  bed.advance(251);
  expect(bed.data(2 ** 40 + 1)).toBe("in-order");
  expect(bed.data(2 ** 40 - 1)).toBe("held");
  expect(bed.ledger(2)).toMatchObject({ first: 2 ** 40, reordered: 0 });
});

test("R3: a device holds one datagram; another takes its place", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.data(2 ** 40);
  bed.data(2 ** 41);
  expect(bed.tracker.heldCount).toBe(1);
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
});

test("R3: a slow device's datagram is held for three of its intervals, at most an hour", () => {
  const bed = new TrackerBed();
  for (const n of [0, 1, 2]) {
    bed.data(n);
    bed.advance(MINUTE_MS);
  }
  bed.data(2 ** 40);
  // three numbers in two minutes: 40 s each
  bed.advance(119_999).tick();
  expect(bed.tracker.heldCount).toBe(1);
  bed.advance(1).tick();
  expect(bed.tracker.heldCount).toBe(0);
});

test("R3: the stop decides what is held", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.data(2 ** 40);
  bed.decideHeld();
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
});

test("R3: the next number of another epoch confirms nothing", () => {
  const bed = new TrackerBed();
  for (const epoch of [1, 2]) bed.stream(0, 9, { epoch });
  expect([bed.data(2 ** 40, { epoch: 1 }), bed.data(2 ** 40 + 1, { epoch: 2 })]).toEqual(["held", "held"]);
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
  expect(bed.data(2 ** 40 + 2, { epoch: 2 })).toBe("in-order");
});

test("R3: a datagram that takes the place of a held one is held for its own time", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.data(5_000_000);
  bed.advance(3000);
  bed.data(7_000_000);
  const dropped = (ms: number): number => bed.advance(ms).tick().heardOf("held dropped").length;
  expect([dropped(0), dropped(2000), dropped(2999), dropped(1)]).toEqual([1, 1, 1, 2]);
});

test.each([
  [1_000_000, 1_500_000],
  [2_400_000, 3_600_000],
  [3_600_000, 3_600_000],
])("R3: of a device whose two numbers came %i ms apart a datagram is held for %i ms", (apartMs, heldMs) => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.advance(apartMs);
  bed.data(1);
  bed.data(2 ** 40);
  const dropped = (ms: number): number => bed.advance(ms).tick().heardOf("held dropped").length;
  expect([dropped(heldMs - 1), dropped(1)]).toEqual([0, 1]);
});
