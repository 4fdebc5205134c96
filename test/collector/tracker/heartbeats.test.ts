import { expect, test } from "vitest";
import { ROW } from "../../../protocol/ledger-row.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

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
