import { expect, test } from "vitest";
import { KIND } from "../../../protocol/constants.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

test("R1: a shed number gets no verdict, it becomes a gap with the cause queue-overflow", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  bed.shed(5);
  bed.data(6);
  bed.advance(250).tick();
  expect(bed.ledger()).toMatchObject({ missing: 0, lost: { "queue-overflow": 1 } });
});

test("R1: a shed datagram creates no device", () => {
  const bed = new TrackerBed();
  bed.shed(0);
  expect(bed.tracker.deviceCount).toBe(0);
});

test("R1: a shed heartbeat is no evidence: the number it names had not been sent", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  bed.shed(5, {}, KIND.HEARTBEAT);
  bed.data(6);
  bed.advance(250).tick();
  expect(bed.ledger()).toMatchObject({ missing: 0, lost: { undetermined: 1 } });
});

test("R1: a shed number of which another copy finds room is simply received", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  bed.shed(5);
  expect(bed.data(5)).toBe("in-order");
  expect(bed.ledger()).toMatchObject({ inOrder: 6, lost: {} });
});

test("R4: a number already received is a duplicate, in order, reordered or late alike", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(3);
  bed.data(1);
  bed.advance(250).tick();
  bed.data(2);
  expect([0, 1, 2, 3].map((n) => bed.data(n))).toEqual(Array(4).fill("duplicate"));
  expect(bed.ledger()).toMatchObject({ inOrder: 2, reordered: 1, late: 1, duplicates: 4 });
});

test("R9: a number that comes within the window is reordered", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(2);
  expect(bed.ledger()).toMatchObject({ missing: 1 });
  bed.advance(249).tick();
  expect(bed.data(1)).toBe("reordered");
  expect(bed.ledger()).toMatchObject({ inOrder: 2, reordered: 1, missing: 0 });
});

test("R9: the gap of a silent device is declared lost by the clock alone", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(5);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 1-4 undetermined"]);
  expect(bed.tracker.openGapCount).toBe(0);
});

test("R9: a gap stays open as long as its datagrams may wait unread in the socket", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(2);
  const openedAtMs = bed.nowMs;
  bed.advance(10_000).tick(openedAtMs + 249);
  expect(bed.data(1)).toBe("reordered");
});

test("R9: a number that comes after its window is late and leaves lost", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(4);
  bed.advance(250).tick();
  expect(bed.data(2)).toBe("late");
  expect(bed.ledger()).toMatchObject({ late: 1, lost: { undetermined: 2 } });
  expect(bed.heardOf("filled")).toEqual(["filled 1: 2"]);
});

test("R9: parts of a gap keep the deadline of the whole", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(6);
  bed.advance(200);
  bed.data(3);
  bed.advance(50).tick();
  expect(bed.heardOf("lost").sort()).toEqual(["lost 1: 1-2 undetermined", "lost 1: 4-5 undetermined"]);
});

test("R9: a tick closes no more gaps than it is told to, the next goes on with them", () => {
  const bed = new TrackerBed();
  for (const n of [0, 2, 4, 6]) bed.data(n);
  bed.advance(250);
  const { tracker } = bed;
  const tick = () => tracker.tick(bed.nowMs, bed.nowMs, bed.wallUs, 2);
  expect([tick(), tracker.openGapCount]).toEqual([2, 1]);
  expect([tick(), tracker.openGapCount]).toEqual([1, 0]);
});

test("R10: datagrams without a number are numbered by us and say nothing of loss", () => {
  const bed = new TrackerBed();
  expect([bed.data(null), bed.tracker.sequence]).toEqual(["unsequenced", 0]);
  expect([bed.data(null), bed.tracker.sequence]).toEqual(["unsequenced", 1]);
  expect(bed.ledger()).toMatchObject({ unsequenced: 2, first: -1, highWater: -1, missing: 0, lost: {} });
  expect(bed.flags()).toEqual(["UNSEQUENCED", "CONFIRMED"]);
});

test("R10: the unsequenced run of a device lives beside its numbered ones", () => {
  const bed = new TrackerBed();
  bed.data(0, { epoch: null });
  bed.data(null, { epoch: null });
  bed.data(1, { epoch: null });
  expect(bed.ledger(1)).toMatchObject({ inOrder: 2, unsequenced: 0 });
  expect(bed.ledger(2)).toMatchObject({ inOrder: 0, unsequenced: 1 });
  expect(bed.heardOf("run")).toEqual(["run 1 of 1: null/0", "run 2 of 1: null/1"]);
});

test("R11: the head is known when the numbering was heard from 0", () => {
  const bed = new TrackerBed();
  bed.data(0, { device: "heard" });
  bed.data(7, { device: "joined" });
  expect(bed.flags(1)).toContain("HEAD_KNOWN");
  expect(bed.flags(2)).not.toContain("HEAD_KNOWN");
});

test("R11: the head becomes known when the first number comes late but within the window", () => {
  const bed = new TrackerBed();
  bed.data(1);
  bed.data(0);
  expect(bed.flags()).toContain("HEAD_KNOWN");
});

test("R11: the tail is known from a heartbeat until a greater number comes", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.heartbeat(1);
  expect(bed.flags()).toContain("TAIL_KNOWN");
  bed.data(0);
  expect(bed.flags()).toContain("TAIL_KNOWN");
  bed.data(1);
  expect(bed.flags()).not.toContain("TAIL_KNOWN");
});

test("R12: every refusal of the tracker has a reason of its own", () => {
  const bed = new TrackerBed({ maxDevices: 1, maxNewRunsPerMinute: 1, maxGapsPerDevice: 1 });
  bed.stream(0, 1);
  bed.data(3);
  bed.data(5);
  expect(bed.data(0, { device: "other" })).toBe("device-limit");
  expect(bed.data(0, { epoch: 2 })).toBe("too-many-epochs");
  expect(bed.data(2)).toBe("below-floor");
});

test("R13: a gap tells when it opened and the times of its neighbours", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 10 });
  bed.data(4, { time: 50 });
  const written: number[][] = [];
  bed.tracker.drainWindows(
    (...gap) => written.push(gap),
    () => undefined,
  );
  expect(written).toEqual([[1, 1, 3, BED_START_US, BED_START_US + 10, BED_START_US + 50, 0]]);
});

test.each([
  [{ time: -30_000 }, { time: -60_000 }, [-60_000, -30_000]],
  [{}, {}, [100_000, 0]],
])(
  "R13: a gap below the first number lies between the send times of its neighbours, or else their arrivals",
  (first, lower, due) => {
    const bed = new TrackerBed();
    bed.data(500, first);
    bed.advance(100).data(497, lower);
    const times: number[] = [];
    bed.tracker.drainWindows(
      (_run, _first, _last, _openedAt, before, after) => times.push(before, after),
      () => undefined,
    );
    expect(times.map((us) => us - BED_START_US)).toEqual(due);
  },
);

test("R13: a number that fills the middle of a gap becomes the neighbour of both halves", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 10 });
  bed.data(4, { time: 50 });
  bed.data(2, { time: 30 });
  const written: number[][] = [];
  bed.tracker.drainWindows(
    (run, first, last, _openedAt, before, after) =>
      written.push([run, first, last, before - BED_START_US, after - BED_START_US]),
    () => undefined,
  );
  expect(written).toEqual([
    [1, 1, 1, 10, 30],
    [1, 3, 3, 30, 50],
  ]);
});

test("R13: the open gaps of a run are written once after each change, and an empty list says that none is left", () => {
  const bed = new TrackerBed();
  const drained = (): string => {
    const seen: string[] = [];
    bed.tracker.drainWindows(
      (_run, first, last) => seen.push(`${first}-${last}`),
      (run) => seen.push(`run ${run}`),
    );
    return seen.join(" ");
  };
  bed.data(0);
  bed.data(2);
  expect(bed.tracker.windowOps).toBe(2);
  expect([drained(), drained()]).toEqual(["run 1 1-1", ""]);
  bed.data(1);
  expect(bed.tracker.windowOps).toBe(1);
  expect(drained()).toBe("run 1");
});

test("R14: a gap of which some numbers were shed closes into one part per cause", () => {
  const bed = new TrackerBed();
  bed.stream(0, 4);
  for (const n of [6, 8, 7]) bed.shed(n);
  bed.data(10);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual([
    "lost 1: 5-5 undetermined",
    "lost 1: 6-8 queue-overflow",
    "lost 1: 9-9 undetermined",
  ]);
});

test("a row tells when its run was heard, how often, and what was sent last", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 1 });
  bed.advance(8);
  bed.data(1, { time: 8000 });
  bed.advance(16);
  bed.data(2, { time: 24_000 });
  const row = bed.row(1);
  expect(row[ROW.FIRST_ARRIVAL]).toBe(BED_START_US);
  expect(row[ROW.LAST_ARRIVAL]).toBe(BED_START_US + 24_000);
  expect(row[ROW.HIGH_WATER_AT]).toBe(BED_START_US + 24_000);
  expect(row[ROW.INTERVAL]).toBe(9000);
  expect(row[ROW.MAX_SEND_TIME]).toBe(BED_START_US + 24_000);
});

test("an announced sleep is no habit of a device", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.advance(1000);
  bed.data(1);
  bed.heartbeat(2, { sleep: 3600 });
  bed.advance(3_601_000);
  bed.data(2);
  expect(bed.row(1)[ROW.INTERVAL]).toBe(1_000_000);
});

test("readings are counted in the run that the datagram was accepted into", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.tracker.addReadings(3);
  bed.data(1);
  bed.tracker.addReadings(4);
  bed.tick();
  expect(bed.row(1)[ROW.READINGS]).toBe(7);
});

test("a send time out of range is unknown and said to be", () => {
  const bed = new TrackerBed();
  bed.data(0, { time: 86_400_000_001 });
  expect([bed.tracker.sendTimeUs, bed.tracker.sendTimeRefused]).toEqual([0, true]);
  bed.data(1, { time: 86_400_000_000 });
  expect([bed.tracker.sendTimeUs, bed.tracker.sendTimeRefused]).toEqual([
    BED_START_US + 86_400_000_000,
    false,
  ]);
});

test("a relative send time is mapped by the fastest datagram of the run", () => {
  const bed = new TrackerBed();
  bed.advance(1000);
  bed.data(0, { relative: 500_000 });
  expect(bed.tracker.sendTimeUs).toBe(BED_START_US + 1_000_000);
  bed.advance(900);
  bed.data(1, { relative: 1_500_000 });
  expect(bed.tracker.sendTimeUs).toBe(BED_START_US + 1_900_000);
  bed.advance(1000);
  bed.data(2, { relative: 2_000_000 });
  expect(bed.tracker.sendTimeUs).toBe(BED_START_US + 2_400_000);
});

test("a changed source is reported once, and not more often than every ten seconds", () => {
  const bed = new TrackerBed();
  bed.data(0, { port: 5000 });
  bed.data(1, { port: 5001 });
  bed.advance(10_000);
  bed.data(2, { port: 5001 });
  bed.data(3, { port: 5000 });
  expect(bed.heardOf("source")).toEqual(["source 1 192.0.2.7:5000", "source 1 192.0.2.7:5001"]);
  expect(bed.heardOf("event")).toEqual(["event source-changed 1"]);
});

test("a changed source is reported also when the collector's clock was set back since the one before", () => {
  const bed = new TrackerBed();
  bed.data(0, { port: 5000 });
  bed.wallUs -= 3_600_000_000;
  bed.advance(10_000);
  bed.data(1, { port: 5001 });
  expect(bed.heardOf("source")).toEqual(["source 1 192.0.2.7:5000", "source 1 192.0.2.7:5001"]);
});

test("a device that announces its sleep and its end by turns is told six times, then once every ten seconds", () => {
  const bed = new TrackerBed();
  const told = (): number => bed.heardOf("event").length;
  bed.data(0);
  bed.heartbeat(1, { sleep: 60 });
  bed.heartbeat(1, { end: true });
  expect(bed.heardOf("event")).toEqual(["event sleep 1", "event end 1"]);
  for (let turn = 1; turn < 50; turn++) {
    bed.heartbeat(1, { sleep: 60 });
    bed.heartbeat(1);
  }
  expect(told()).toBe(6);
  bed.data(0, { device: "another" });
  bed.heartbeat(1, { device: "another", sleep: 60 });
  expect(told()).toBe(7);
  bed.advance(10_000);
  for (let turn = 0; turn < 50; turn++) {
    bed.heartbeat(1, { sleep: 60 });
    bed.heartbeat(1);
  }
  expect(told()).toBe(8);
});
