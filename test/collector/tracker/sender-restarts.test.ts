import { expect, test } from "vitest";
import { TrackerBed } from "../../support/tracker-bed.ts";

const MINUTE_MS = 60_000;

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

test("R7: the number after the last one of a circle is the first", () => {
  const narrow = { epoch: null, bits: 16 };
  const bed = new TrackerBed();
  bed.stream(30_000, 30_009, narrow);
  expect([bed.data(65_535, narrow), bed.data(0, narrow)]).toEqual(["held", "in-order"]);
  expect(bed.ledger(2)).toMatchObject({ first: 65_535, highWater: 65_536, missing: 0 });
});
