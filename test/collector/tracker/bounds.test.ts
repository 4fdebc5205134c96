import { expect, test } from "vitest";
import { Recovery } from "../../../collector/recovery/recovery.ts";
import type { DeviceArchive } from "../../../collector/tracker/types.ts";
import type { RunSnapshot } from "../../../protocol/batch.ts";
import { ROW, ROW_FIELDS, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { deviceOf, noArchive, range, snapshotOf } from "../../support/stored-device.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

test("R15: beyond the bound the lowest gap is folded, below the floor numbers are rejected, counts stay exact", () => {
  const bed = new TrackerBed({ maxGapsPerDevice: 2 });
  for (const n of [0, 2, 4, 6]) bed.data(n);
  expect(bed.ledger()).toMatchObject({ floor: 2, missing: 2, lost: { undetermined: 1 } });
  expect(bed.data(1)).toBe("below-floor");
  expect(bed.data(0)).toBe("below-floor");
  expect(bed.data(3)).toBe("reordered");
  expect(bed.tracker.gapCount).toBe(1);
});

test("R15: the oldest run that has gaps gives way first", () => {
  const bed = new TrackerBed({ maxGapsPerDevice: 2 });
  for (const n of [0, 2]) bed.data(n, { epoch: 1 });
  for (const n of [0, 2, 4]) bed.data(n, { epoch: 2 });
  expect(bed.ledger(1)).toMatchObject({ floor: 2 });
  expect(bed.ledger(2)).toMatchObject({ floor: 0, missing: 2 });
});

test("R15: the bound over all devices acts on the device that would exceed it", () => {
  const bed = new TrackerBed({ maxGaps: 2 });
  for (const n of [0, 2, 4]) bed.data(n, { device: "first" });
  for (const n of [0, 2]) bed.data(n, { device: "second" });
  expect(bed.ledger(1)).toMatchObject({ floor: 0, missing: 2 });
  expect(bed.ledger(2)).toMatchObject({ floor: 2, missing: 0 });
});

/** 1 and 3-4 are missing below a floor that retention has raised to 8. */
const belowTheFloor = (): RunSnapshot => {
  const snapshot = snapshotOf(1, 1, [range(1, 1, "open"), range(3, 4, "open")]);
  snapshot.row[ROW.FLOOR] = 8;
  return snapshot;
};

test("R15: what a start finds missing below the floor is not asked for, and lost when its window is over", () => {
  const recovery = new Recovery({ listeners: ["on"], random: () => 0.5, send: () => true });
  const restored = { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(belowTheFloor())] };
  const bed = new TrackerBed({ recovery }, restored);
  bed.advance(250).tick();
  expect(recovery.peerCount).toBe(0);
  expect(bed.heardOf("lost")).toEqual(["lost 1: 1-1 collector-down", "lost 1: 3-4 collector-down"]);
  expect(bed.data(3)).toBe("below-floor");
  expect(bed.ledger()).toMatchObject({ floor: 8, missing: 0 });
});

test("R15: a floor never falls, and of what is missing below it one range gives way after the other", () => {
  const restored = { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(belowTheFloor())] };
  const bed = new TrackerBed({ maxGapsPerDevice: 2 }, restored);
  bed.data(11);
  expect(bed.ledger()).toMatchObject({ floor: 8, missing: 3 });
  expect(bed.heardOf("lost")).toEqual(["lost 1: 1-1 collector-down"]);
  bed.advance(250).tick();
  expect(bed.ledger()).toMatchObject({ floor: 8, missing: 0 });
});

test("R16: at the cap the oldest provisional device is forgotten, the confirmed one stays", () => {
  const bed = new TrackerBed({ maxDevices: 3 });
  bed.stream(0, 1, { device: "real" });
  for (let i = 0; i < 50; i++) bed.data(i, { device: `forged-${i}` });
  expect(bed.tracker.deviceCount).toBe(3);
  expect(bed.heardOf("forgotten")).toHaveLength(48);
  expect(bed.data(2, { device: "real" })).toBe("in-order");
});

test("R16: a device in the table is found whatever was taken out around it", () => {
  const bed = new TrackerBed({ maxDevices: 2000 });
  for (let i = 0; i < 1000; i++) bed.stream(0, 1, { device: `real-${i}` });
  for (let i = 0; i < 10_000; i++) bed.data(0, { device: `forged-${i}` });
  const found = Array.from({ length: 1000 }, (_, i) => bed.data(2, { device: `real-${i}` }));
  expect(new Set(found)).toEqual(new Set(["in-order"]));
});

test("R16: with only confirmed devices and no archive a new one is refused", () => {
  const bed = new TrackerBed({ maxDevices: 1 });
  bed.stream(0, 1, { device: "real" });
  expect(bed.data(0, { device: "other" })).toBe("device-limit");
  expect(bed.heartbeat(0, { device: "other" })).toBe("device-limit");
});

test("R16: what a forgotten device was still missing is lost in its last row", () => {
  const bed = new TrackerBed({ maxDevices: 1 });
  bed.data(0, { device: "forged" });
  bed.data(5, { device: "forged" });
  bed.data(0, { device: "next" });
  expect(bed.ledger(1)).toMatchObject({ missing: 0, lost: { undetermined: 4 } });
  expect([bed.tracker.gapCount, bed.tracker.openGapCount, bed.tracker.windowOps]).toEqual([0, 0, 0]);
});

test("R16: the held datagram of a forgotten device is decided", () => {
  const bed = new TrackerBed({ maxDevices: 1 });
  bed.data(0, { device: "forged" });
  bed.data(2 ** 40, { device: "forged" });
  bed.data(0, { device: "next" });
  expect(bed.heardOf("held")).toEqual(["held dropped: implausible-sequence"]);
});

test("R16: an idle confirmed device is paged out for a new one and read back before its next verdict", () => {
  const snapshot = snapshotOf(1, 1);
  const archive: DeviceArchive = {
    ...noArchive,
    load: (id) => (id === "pump-7" ? deviceOf(snapshot) : null),
  };
  const bed = new TrackerBed({ maxDevices: 1, archive });
  bed.stream(0, 9, { device: "pump-7" });
  expect(bed.data(0, { device: "early" })).toBe("device-limit");
  bed.advance(60_000);
  expect(bed.data(0, { device: "other" })).toBe("in-order");
  expect(bed.data(10, { device: "pump-7" })).toBe("in-order");
  expect(bed.heardOf("paged")).toEqual(["paged out 1", "paged in 1"]);
  expect(bed.heardOf("device")).toEqual(["device 1 pump-7", "device 2 other"]);
});

/** Idle devices, all confirmed, of a bed that holds so many. */
const idleFleet = (maxDevices: number): TrackerBed => {
  const bed = new TrackerBed({ maxDevices, archive: noArchive });
  for (let i = 0; i < maxDevices; i++) bed.stream(0, 1, { device: `idle-${i}` });
  bed.advance(60_000);
  return bed;
};

test("R16: several devices that begin at the cap do not push each other out: idle ones make room for each", () => {
  const bed = idleFleet(8);
  for (let number = 0; number < 3; number++)
    for (let i = 0; i < 8; i++) expect(bed.data(number, { device: `new-${i}` })).toBe("in-order");
  expect([bed.heardOf("forgotten"), bed.heardOf("paged out")]).toEqual([
    [],
    [2, 3, 4, 5, 6, 7, 8, 1].map((number) => `paged out ${number}`),
  ]);
});

test.each([
  [100, 16],
  [1000, 63],
])("R16: of %d idle devices %d make room for forged ones", (maxDevices, most) => {
  const bed = idleFleet(maxDevices);
  for (let i = 0; i < 2 * maxDevices; i++) bed.data(0, { device: `forged-${i}` });
  expect(bed.heardOf("paged out")).toHaveLength(most);
  expect(bed.heardOf("forgotten")).toHaveLength(2 * maxDevices - most);
  expect(bed.data(2, { device: `idle-${maxDevices - 1}` })).toBe("in-order");
});

test("R16: with no idle device the oldest provisional one goes, however few they are", () => {
  const bed = new TrackerBed({ maxDevices: 2, archive: noArchive });
  bed.stream(0, 1, { device: "real" });
  for (let i = 0; i < 3; i++) bed.data(0, { device: `forged-${i}` });
  expect(bed.heardOf("forgotten")).toEqual(["forgotten 2", "forgotten 3"]);
});

test("R16: a device that comes from the database is confirmed by any of its runs, also by one that comes into memory later", () => {
  const [former, current] = [snapshotOf(1, 1), snapshotOf(2, 2)];
  former.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | ROW_FLAG.CLOSED;
  current.row[ROW.FLAGS] = ROW_FLAG.CURRENT;
  const archive: DeviceArchive = { ...noArchive, loadEpoch: () => [former] };
  const restored = { hasHistory: true, nextDevice: 2, nextRun: 3, devices: [deviceOf(former, current)] };
  const bed = new TrackerBed({ maxDevices: 2, maxClosedRuns: 0, archive }, restored);
  expect([bed.tracker.runCount, bed.data(10, { epoch: 1 })]).toEqual([1, "in-order"]);
  for (const device of ["forged", "other"]) bed.data(0, { device });
  expect(bed.heardOf("forgotten")).toEqual(["forgotten 2"]);
});

test("R16: a device that has not been heard since the clock was set back is idle", () => {
  const bed = new TrackerBed({ maxDevices: 1, archive: noArchive });
  bed.stream(0, 9, { device: "pump-7" });
  bed.wallUs -= 3_600_000_000;
  bed.advance(60_000);
  expect(bed.data(0, { device: "other" })).toBe("in-order");
});

test("R16: a device with an uncommitted row or an open gap is not paged out", () => {
  const bed = new TrackerBed({ maxDevices: 1, archive: noArchive });
  bed.stream(0, 1, { device: "pump-7" });
  bed.data(3, { device: "pump-7" });
  bed.advance(60_000);
  expect(bed.data(0, { device: "other" })).toBe("device-limit");
  bed.tick();
  expect(bed.data(0, { device: "other" })).toBe("in-order");
});

test("R16: a device with a held datagram is not paged out", () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bed = new TrackerBed({ maxDevices: 1, archive });
  bed.data(0);
  bed.advance(50_000);
  bed.data(1);
  // for three of its intervals of 25 s
  expect(bed.data(2 ** 40)).toBe("held");
  bed.advance(60_000);
  expect(bed.data(0, { device: "new" })).toBe("device-limit");
  expect(bed.data(2 ** 40 + 1)).toBe("in-order");
});

test("R13: of a run in the place of one that left the memory nothing is known of before its first number", () => {
  const bed = new TrackerBed({ maxDevices: 1 });
  for (const epoch of [1, 2]) bed.data(0, { device: "forgotten", epoch, time: 10 });
  bed.data(0, { epoch: 1, time: 20 });
  bed.data(2, { epoch: 2, time: 30 });
  const written: number[][] = [];
  bed.tracker.drainWindows(
    (run, first, last, _openedAt, before, after) => written.push([run, first, last, before, after]),
    () => undefined,
  );
  expect(written).toEqual([[4, 0, 1, 0, BED_START_US + 30]]);
});

test("rows beyond the room of a batch stay changed and come first in the next", () => {
  const bed = new TrackerBed();
  for (const device of ["a", "b", "c"]) for (const n of [0, 2]) bed.data(n, { device });
  bed.advance(250);
  bed.tracker.tick(bed.nowMs, bed.nowMs, bed.wallUs);
  const rows = new Float64Array(3 * ROW_FIELDS);
  expect([bed.tracker.dirtyRuns, bed.tracker.drainDirty(rows, 2, 99)]).toEqual([3, 2]);
  expect(bed.tracker.drainDirty(rows.subarray(2 * ROW_FIELDS), 2, 100)).toBe(1);
  const runs = [0, 1, 2].map((index) => rows[index * ROW_FIELDS + ROW.RUN]!);
  expect(runs.sort()).toEqual([1, 2, 3]);
});
