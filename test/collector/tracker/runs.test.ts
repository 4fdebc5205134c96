import { expect, test } from "vitest";
import { ROW } from "../../../protocol/ledger-row.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

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

test("R5: a received number sent later than everything begins a new run; copies keep their time and stay duplicates", () => {
  const bed = new TrackerBed();
  for (const n of [0, 1, 2]) bed.data(n, { time: 1000 + n });
  expect(bed.data(1, { time: 1001 })).toBe("duplicate");
  expect(bed.data(0, { time: 2000 })).toBe("in-order");
  expect(bed.data(1, { time: 2001 })).toBe("in-order");
  expect(bed.ledger(1)).toMatchObject({ inOrder: 3, duplicates: 1 });
  expect(bed.ledger(2)).toMatchObject({ first: 0, inOrder: 2 });
  expect(bed.heardOf("run")).toEqual(["run 1 of 1: 1/0", "run 2 of 1: 1/1"]);
  expect(bed.heardOf("event")).toEqual(["event epoch-reused 1"]);
});

test("R5: a late copy from before the reuse is accounted to the run it was sent in", () => {
  const bed = new TrackerBed();
  for (const n of [0, 1, 2]) bed.data(n, { time: 1000 + n });
  for (const n of [0, 1, 2]) bed.data(n, { time: 2000 + n });
  expect(bed.data(2, { time: 1002 })).toBe("duplicate");
  expect(bed.ledger(1)).toMatchObject({ duplicates: 1 });
});

test("R5: two live sources that use the same numbers are a conflict of ids", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 1000, port: 5000 });
  bed.data(0, { time: 2000, port: 6000 });
  expect(bed.heardOf("event")).toEqual(["event id-conflict 1"]);
});

test("R5: a source heard before the collector's clock was set back is no live one for as long as that", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 1000, port: 5000 });
  bed.wallUs -= 3_600_000_000;
  bed.advance(10_001);
  bed.data(0, { time: 2000, port: 6000 });
  expect(bed.heardOf("event")).toEqual(["event source-changed 1", "event epoch-reused 1"]);
});

test("R5: without send times two consecutive received numbers long after the high water begin a new run", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.advance(10_001);
  expect(bed.data(0)).toBe("held");
  expect(bed.data(1)).toBe("in-order");
  expect(bed.heardOf("held")).toEqual(["held accepted 2: 0"]);
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 1, inOrder: 2 });
});

test("R5: without send times a sender that began anew is told from its copies also when the clock was set back", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.wallUs -= 3_600_000_000;
  bed.advance(20_000);
  expect([0, 1, 2].map((n) => bed.data(n))).toEqual(["held", "in-order", "in-order"]);
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 2, inOrder: 3 });
});

test("R5: without send times a lone copy long after the high water ends as a duplicate", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9);
  bed.advance(10_001);
  bed.data(4);
  bed.advance(5000).tick();
  expect(bed.heardOf("held")).toEqual(["held dropped: duplicate"]);
  expect(bed.ledger()).toMatchObject({ inOrder: 10, duplicates: 1 });
});

test("R5: a clock that starts anew with the sender proves no copy: relative times are judged like none", () => {
  const bed = new TrackerBed();
  bed.data(0, { relative: 1000 });
  bed.data(1, { relative: 2000 });
  bed.advance(10_001);
  expect(bed.data(0, { relative: 1000 })).toBe("held");
  expect(bed.data(1, { relative: 2000 })).toBe("in-order");
});

test("R6: an unknown epoch opens its ledger at once and is current with its second consecutive number", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1, { epoch: 5 });
  expect(bed.data(0, { epoch: 6 })).toBe("in-order");
  expect(bed.flags(2)).not.toContain("CURRENT");
  bed.data(1, { epoch: 6 });
  expect(bed.flags(2)).toContain("CURRENT");
  expect(bed.flags(1)).not.toContain("CURRENT");
  expect(bed.heardOf("event")).toEqual(["event restart 1"]);
});

test("R6: an epoch is current with one number when the current one has been silent for 10 s", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1, { epoch: 5 });
  bed.advance(9999);
  bed.data(0, { epoch: 6 });
  expect(bed.flags(2)).toContain("CURRENT");
});

test("R6: a smaller epoch is a restart too and is said to have gone back", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1, { epoch: 5 });
  bed.stream(0, 1, { epoch: 4 });
  expect(bed.heardOf("event")).toEqual(["event restart 1", "event epoch-went-back 1"]);
});

test("R6: numbers of a known epoch are accounted to it whatever is current", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1, { epoch: 5 });
  bed.stream(0, 1, { epoch: 6 });
  expect(bed.data(2, { epoch: 5 })).toBe("in-order");
  expect(bed.ledger(1)).toMatchObject({ highWater: 2, inOrder: 3 });
  expect(bed.flags(1)).not.toContain("CURRENT");
});

test("R6: forged epochs are bounded and black-hole nobody", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9, { epoch: 5 });
  const verdicts = Array.from({ length: 20 }, (_, i) => bed.data(1, { epoch: 1000 + i }));
  expect(verdicts.filter((verdict) => verdict === "in-order")).toHaveLength(7);
  expect(verdicts.at(-1)).toBe("too-many-epochs");
  expect(bed.data(10, { epoch: 5 })).toBe("in-order");
});

test("R6: a ninth epoch takes the place of one that has been silent for 10 s; the minute allows 16", () => {
  const bed = new TrackerBed();
  const begin = (epoch: number) => {
    bed.advance(2000);
    return bed.data(0, { epoch });
  };
  const verdicts = Array.from({ length: 17 }, (_, epoch) => begin(epoch));
  expect(verdicts.slice(0, 16)).toEqual(Array(16).fill("in-order"));
  expect(verdicts[16]).toBe("too-many-epochs");
  bed.advance(MINUTE_MS);
  expect(begin(17)).toBe("in-order");
});

test("R6: a ninth epoch takes the place of one that has not been heard since the clock was set back", () => {
  const bed = new TrackerBed();
  for (let epoch = 0; epoch < 8; epoch++) bed.data(0, { epoch });
  bed.wallUs -= 3_600_000_000;
  bed.advance(20_000);
  expect(bed.data(0, { epoch: 8 })).toBe("in-order");
});

test("R6: an epoch is current again when the current one has not been heard since the clock was set back", () => {
  const bed = new TrackerBed();
  bed.stream(0, 1, { epoch: 5 });
  bed.stream(0, 1, { epoch: 6 });
  bed.wallUs -= 3_600_000_000;
  bed.advance(20_000);
  bed.data(2, { epoch: 5 });
  expect(bed.flags(1)).toContain("CURRENT");
});

test("R6: an epoch that lost its place is still accounted when it speaks again", () => {
  const bed = new TrackerBed({ maxOpenRuns: 2 });
  for (const epoch of [1, 2, 3]) {
    for (const n of [0, 1]) bed.data(n, { epoch, time: epoch * 1000 + n });
    bed.advance(10_000);
  }
  const again = [0, 1, 2].map((n) => bed.data(n, { epoch: 1, time: 1000 + n }));
  expect(again).toEqual(["duplicate", "duplicate", "in-order"]);
  expect(bed.ledger(1)).toMatchObject({ inOrder: 3, duplicates: 2 });
});

test("R7: without an epoch a restart is a held number and its successor", () => {
  const bed = new TrackerBed();
  bed.stream(0, 499, { epoch: null });
  expect([0, 1, 2].map((n) => bed.data(n, { epoch: null }))).toEqual(["held", "in-order", "in-order"]);
  expect(bed.ledger(2)).toMatchObject({ first: 0, inOrder: 3 });
  expect(bed.heardOf("run")).toEqual(["run 1 of 1: null/0", "run 2 of 1: null/1"]);
});

test("R7: without an epoch no number more than 100 below the high water is believed", () => {
  const bed = new TrackerBed();
  bed.stream(0, 199, { epoch: null });
  expect(bed.data(99, { epoch: null })).toBe("duplicate");
  expect(bed.data(98, { epoch: null })).toBe("held");
});

test("R7: a declared epoch never continues a null one", () => {
  const bed = new TrackerBed();
  bed.stream(0, 9, { epoch: null });
  bed.data(10, { epoch: 1 });
  expect(bed.ledger(2)).toMatchObject({ highWater: 10, inOrder: 1 });
});

test("R7: narrow numbers run on over the end of their circle", () => {
  const bed = new TrackerBed();
  const narrow = { epoch: null, bits: 8 };
  for (let n = 200; n < 600; n++) {
    if (n !== 256 && n !== 300) bed.data(n % 256, narrow);
    if (n === 258) expect(bed.data(256 % 256, narrow)).toBe("reordered");
  }
  bed.advance(250).tick();
  expect(bed.ledger()).toMatchObject({ first: 200, highWater: 599, reordered: 1, lost: { undetermined: 1 } });
  expect(bed.heardOf("lost")).toEqual(["lost 1: 300-300 undetermined"]);
});

test("R7: a silence of half a circle ends a narrow run, and the span between is unknown", () => {
  const bed = new TrackerBed();
  const narrow = { epoch: null, bits: 8 };
  for (let n = 0; n < 100; n++) {
    bed.data(n, narrow);
    bed.advance(100);
  }
  bed.advance(12_700);
  expect(bed.data(3, narrow)).toBe("in-order");
  expect(bed.ledger(1)).toMatchObject({ highWater: 99, missing: 0 });
  expect(bed.ledger(2)).toMatchObject({ first: 3, highWater: 3 });
  expect(bed.flags(2)).not.toContain("HEAD_KNOWN");
  expect(bed.heardOf("event")).toEqual(["event run-split 1"]);
});

test("R8: a run that a heartbeat began is first heard with its first number when the clock was set back between", () => {
  const bed = new TrackerBed();
  bed.heartbeat(0);
  bed.advance(1000);
  bed.wallUs -= 3_600_000_000;
  const beganUs = bed.wallUs;
  bed.heartbeat(0);
  expect(bed.row(1)[ROW.FIRST_ARRIVAL]).toBe(BED_START_US);
  bed.stream(0, 9);
  expect(bed.row(1)[ROW.FIRST_ARRIVAL]).toBe(beganUs);
  bed.wallUs -= 3_600_000_000;
  bed.stream(10, 19);
  expect(bed.row(1)[ROW.FIRST_ARRIVAL]).toBe(beganUs);
});

test("R8: a heartbeat as first contact expects nothing", () => {
  const bed = new TrackerBed();
  expect(bed.heartbeat(500)).toBe("control");
  expect(bed.ledger()).toMatchObject({ first: 500, highWater: 499, inOrder: 0, missing: 0 });
  expect(bed.data(500)).toBe("in-order");
});

test("R8: a heartbeat shows the loss of a tail", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  bed.heartbeat(8);
  expect(bed.ledger()).toMatchObject({ highWater: 7, missing: 3 });
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 5-7 undetermined"]);
});

test("R8: a heartbeat of an epoch that began while we listened shows the loss of all of it", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4, { epoch: 1 });
  bed.heartbeat(3, { epoch: 2 });
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: 2, missing: 3 });
});

test("R8: a lower or an implausible next changes nothing", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  bed.heartbeat(3);
  bed.heartbeat(2 ** 50);
  expect(bed.ledger()).toMatchObject({ highWater: 4, missing: 0 });
  expect(bed.flags()).not.toContain("TAIL_KNOWN");
});

test("R8: a lower next sent later than everything says that the numbers are used again", () => {
  const bed = new TrackerBed();
  for (const n of [0, 1, 2]) bed.data(n, { time: 1000 + n });
  bed.heartbeat(0, { time: 2000 });
  expect(bed.heardOf("event")).toEqual(["event epoch-reused 1"]);
  expect(bed.ledger(2)).toMatchObject({ first: 0, highWater: -1 });
  expect(bed.data(0, { time: 2001 })).toBe("in-order");
});

test("R8: an announced sleep is kept until the device speaks", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.heartbeat(1, { sleep: 3600 });
  // said again it is no news
  bed.heartbeat(1, { sleep: 3600 });
  expect(bed.row(1)[ROW.SLEEP_UNTIL]).toBe(bed.wallUs + 3_600_000_000);
  bed.data(1);
  expect(bed.row(1)[ROW.SLEEP_UNTIL]).toBe(0);
  expect(bed.heardOf("event")).toEqual(["event sleep 1"]);
});

test("R8: an orderly end is final; a number that comes late does not undo it, a greater one does", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.heartbeat(3, { end: true });
  // a copy is no second end
  bed.heartbeat(3, { end: true });
  bed.data(1);
  expect(bed.flags()).toEqual(expect.arrayContaining(["ENDED", "TAIL_KNOWN"]));
  bed.data(3);
  expect(bed.flags()).not.toContain("ENDED");
  expect(bed.heardOf("event")).toEqual(["event end 1"]);
});

test("R8: GONE speaks for the current epoch only, and creates nothing", () => {
  const bed = new TrackerBed();
  expect(bed.gone(5)).toBe("control");
  expect(bed.tracker.deviceCount).toBe(0);
  bed.stream(0, 4, { epoch: 1 });
  bed.gone(9, { epoch: 2 });
  expect(bed.tracker.runCount).toBe(1);
  bed.gone(7, { epoch: 1 });
  expect(bed.ledger()).toMatchObject({ highWater: 6, missing: 2 });
});

test("R3: the next number of another epoch confirms nothing", () => {
  const bed = new TrackerBed();
  for (const epoch of [1, 2]) bed.stream(0, 9, { epoch });
  expect([bed.data(2 ** 40, { epoch: 1 }), bed.data(2 ** 40 + 1, { epoch: 2 })]).toEqual(["held", "held"]);
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
  expect(bed.data(2 ** 40 + 2, { epoch: 2 })).toBe("in-order");
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

test("R7: what reads as a number below 0 is not believed", () => {
  const narrow = { epoch: null, bits: 16 };
  const bed = new TrackerBed();
  bed.stream(0, 9, narrow);
  expect([bed.data(65_535, narrow), bed.ledger().first]).toEqual(["held", 0]);
});

test.each([
  [64, "duplicate"],
  [65, "held"],
])("R7: of a circle of 256 a number %i back is %s", (back, verdict) => {
  const narrow = { epoch: null, bits: 8 };
  const bed = new TrackerBed();
  bed.stream(0, 200, narrow);
  expect(bed.data(200 - back, narrow)).toBe(verdict);
});

test.each([
  [63_999, []],
  [64_000, ["event run-split 1"]],
])(
  "R7: after %i ms at two numbers a second half a circle of 256 is not, or may have been, used",
  (silenceMs, events) => {
    const narrow = { epoch: null, bits: 8 };
    const bed = new TrackerBed();
    bed.data(0, narrow);
    bed.advance(1000);
    bed.data(1, narrow);
    bed.advance(silenceMs);
    expect([bed.data(50, narrow), bed.heardOf("event")]).toEqual(["in-order", events]);
  },
);

test.each([
  [10_000, "event id-conflict 1"],
  [10_001, "event epoch-reused 1"],
])("R5: another source heard %i ms ago makes of reused numbers: %s", (agoMs, event) => {
  const bed = new TrackerBed();
  bed.data(0, { time: 1 });
  bed.data(1, { time: 2, port: 6000 });
  bed.advance(agoMs);
  bed.data(0, { time: 3 });
  expect(bed.heardOf("event").at(-1)).toBe(event);
});

test("R7: the number after the last one of a circle is the first", () => {
  const narrow = { epoch: null, bits: 16 };
  const bed = new TrackerBed();
  bed.stream(30_000, 30_009, narrow);
  expect([bed.data(65_535, narrow), bed.data(0, narrow)]).toEqual(["held", "in-order"]);
  expect(bed.ledger(2)).toMatchObject({ first: 65_535, highWater: 65_536, missing: 0 });
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
