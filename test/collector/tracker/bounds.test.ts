import { expect, test, vi } from "vitest";
import { Recovery } from "../../../collector/recovery/recovery.ts";
import { RunTable } from "../../../collector/tracker/run-table.ts";
import type { DeviceArchive, TrackerOptions } from "../../../collector/tracker/types.ts";
import type { DeviceSnapshot, RunSnapshot } from "../../../protocol/batch.ts";
import { CAUSE, ROW, ROW_FIELDS, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

const HOUR_MS = 3_600_000;

/** A run of device 1 as a database might give it: 0-9 received but for `absent`, current and confirmed unless told otherwise. */
const snapshotOf = (run: number, epoch: number, absent: RunSnapshot["absent"] = []): RunSnapshot => {
  const row = new Float64Array(ROW_FIELDS);
  const count = (state: string): number =>
    absent
      .filter((range) => range.state === state)
      .reduce((sum, { first, last }) => sum + last - first + 1, 0);
  row[ROW.RUN] = run;
  row[ROW.DEVICE] = 1;
  row[ROW.HIGH_WATER] = 9;
  row[ROW.IN_ORDER] = 10 - count("open") - count("lost");
  row[ROW.MISSING] = count("open");
  row[ROW.LOST + CAUSE.UNDETERMINED] = count("lost");
  row[ROW.FIRST_ARRIVAL] = BED_START_US - 120_000_000;
  row[ROW.LAST_ARRIVAL] = BED_START_US - 60_000_000;
  row[ROW.HIGH_WATER_AT] = BED_START_US - 60_000_000;
  row[ROW.FLAGS] = ROW_FLAG.HEAD_KNOWN | ROW_FLAG.CURRENT | ROW_FLAG.CONFIRMED;
  return { epoch, index: 0, row, absent };
};

const range = (first: number, last: number, state: "open" | "lost"): RunSnapshot["absent"][number] => ({
  first,
  last,
  state,
  cause: CAUSE.UNDETERMINED,
  openedAt: BED_START_US - 60_000_000,
  timeBefore: 0,
  timeAfter: 0,
  requests: 0,
});

const deviceOf = (...runs: RunSnapshot[]): DeviceSnapshot => ({
  device: 1,
  id: "pump-7",
  source: "192.0.2.7:5000",
  runs,
  channels: [],
});

const restarted = (...runs: RunSnapshot[]): TrackerBed =>
  new TrackerBed({}, { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(...runs)] });

test("R4: a number stored before the start is a duplicate after it", () => {
  const bed = restarted(snapshotOf(1, 1, [range(3, 4, "lost")]));
  bed.advance(1000);
  bed.data(10);
  expect([bed.data(5), bed.data(3)]).toEqual(["duplicate", "late"]);
});

test("R13: a number that comes in a window a stop had cut is told of, one that comes in any other is not", () => {
  const bed = restarted(snapshotOf(1, 1, [range(3, 4, "open")]));
  bed.data(11);
  expect([bed.data(3), bed.data(10)]).toEqual(["reordered", "reordered"]);
  expect(bed.heardOf("filled")).toEqual(["filled 1: 3"]);
});

test("R10: what a device sends without a number goes on where the database stopped, and owns no number", () => {
  const unsequenced = snapshotOf(1, 1);
  unsequenced.epoch = null;
  unsequenced.row.fill(0, ROW.FIRST);
  unsequenced.row[ROW.FIRST] = unsequenced.row[ROW.HIGH_WATER] = -1;
  unsequenced.row[ROW.FLAGS] = ROW_FLAG.UNSEQUENCED;
  unsequenced.row[ROW.UNSEQUENCED] = 5;
  const bed = restarted(unsequenced);
  expect([bed.data(null), bed.tracker.sequence]).toEqual(["unsequenced", 5]);
  expect(bed.data(7, { epoch: null })).toBe("in-order");
  expect([bed.ledger(1).unsequenced, bed.ledger(10).inOrder, bed.heardOf("run")]).toEqual([
    6,
    1,
    ["run 10 of 1: null/1"],
  ]);
});

test("what a start finds is numbered on where the database stopped", () => {
  const bed = new TrackerBed({}, { nextDevice: 7, nextRun: 9 });
  bed.data(0);
  expect([bed.heardOf("device"), bed.heardOf("run")]).toEqual([["device 7 pump-7"], ["run 9 of 7: 1/0"]]);
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

test.each([
  ["its next number", (bed: TrackerBed) => bed.data(10)],
  ["a greater number", (bed: TrackerBed) => bed.data(20)],
  ["a heartbeat that says nothing new", (bed: TrackerBed) => bed.heartbeat(10)],
  ["a copy, and then a greater number", (bed: TrackerBed) => [bed.data(9), bed.data(20)]],
])("the time the collector was down is no habit of a device that comes back with %s", (_, comeBack) => {
  const snapshot = snapshotOf(1, 1);
  snapshot.row[ROW.INTERVAL] = 1_000_000;
  const bed = restarted(snapshot);
  comeBack(bed);
  expect(bed.row(1)[ROW.INTERVAL]).toBe(1_000_000);
  bed.advance(2000);
  bed.data(21);
  expect(bed.row(1)[ROW.INTERVAL]).toBe(1_125_000);
});

test("R14: the stop is no cause in a run in the place of one that it cut off", () => {
  const snapshot = snapshotOf(1, 1);
  snapshot.row[ROW.FLAGS] = ROW_FLAG.CURRENT;
  const bed = new TrackerBed(
    { maxDevices: 1 },
    { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(snapshot)] },
  );
  bed.advance(1000);
  bed.heartbeat(10);
  bed.data(0, { device: "new" });
  bed.data(2, { device: "new" });
  bed.advance(250).tick();
  expect(bed.heardOf("forgotten")).toEqual(["forgotten 1"]);
  expect(bed.ledger(10).lost).toEqual({ undetermined: 1 });
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

test("R15: a closed run with an open gap stays in memory", () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bed = new TrackerBed({ maxOpenRuns: 2, maxClosedRuns: 0, archive });
  for (const epoch of [1, 2, 3, 4]) {
    for (const number of epoch === 1 ? [0, 1, 3] : [0, 1]) bed.data(number, { epoch });
    bed.advance(10_000);
  }
  expect(bed.flags(1)).toContain("CLOSED");
  expect(bed.heardOf("lost")).toEqual([]);
  expect(bed.data(2, { epoch: 1 })).toBe("reordered");
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

test("R14: the hole between the last committed number and the first after the start is collector-down", () => {
  const bed = restarted(snapshotOf(1, 1));
  bed.advance(60_000);
  bed.data(5);
  bed.data(20);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-19 collector-down"]);
});

test("R14: that hole begins in time where the device sent last, by its own clock", () => {
  const snapshot = snapshotOf(1, 1);
  const HOUR_US = 3_600_000_000;
  snapshot.row[ROW.MAX_SEND_TIME] = BED_START_US - 60_000_000 - HOUR_US;
  const bed = restarted(snapshot);
  bed.data(20, { time: -HOUR_US });
  const written: number[][] = [];
  bed.tracker.drainWindows(
    (_run, first, last, _openedAt, before, after) =>
      written.push([first, last, before - BED_START_US, after - BED_START_US]),
    () => undefined,
  );
  expect(written).toEqual([[10, 19, -60_000_000 - HOUR_US, -HOUR_US]]);
});

test("the greatest send time before a start may be a heartbeat's: it makes no pair with the next number", () => {
  const snapshot = snapshotOf(1, 1);
  snapshot.row[ROW.INTERVAL] = 60_000_000;
  snapshot.row[ROW.MAX_SEND_TIME] = BED_START_US - 55_000_000;
  const bed = restarted(snapshot);
  bed.data(10, { time: 0 });
  expect(bed.tracker.arrivalsOf("pump-7")?.transit).toBeNull();
  bed.data(11, { time: 1 });
  expect(bed.tracker.arrivalsOf("pump-7")?.transit?.pairs).toBe(1);
});

test("R14: a heartbeat after the start measures the hole too", () => {
  const bed = restarted(snapshotOf(1, 1));
  bed.advance(60_000);
  bed.heartbeat(20);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-19 collector-down"]);
});

test("R14: what is lost later than the window after the first number is no longer the stop's fault", () => {
  const bed = restarted(snapshotOf(1, 1));
  bed.advance(60_000);
  bed.data(10);
  bed.advance(250);
  bed.data(12);
  bed.advance(1);
  bed.data(14);
  bed.advance(250).tick();
  expect(bed.heardOf("lost").sort()).toEqual(["lost 1: 11-11 collector-down", "lost 1: 13-13 undetermined"]);
});

test("R14: right after listening began every gap is collector-down, that below a first contact included", () => {
  const bed = restarted(snapshotOf(1, 1));
  bed.data(7, { device: "new" });
  bed.data(3, { device: "new" });
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 10: 4-6 collector-down"]);
});

test("R14: a window cut by the stop runs anew and closes as collector-down", () => {
  const bed = restarted(snapshotOf(1, 1, [range(3, 4, "open")]));
  bed.advance(249).tick();
  expect(bed.data(3)).toBe("reordered");
  bed.advance(1).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 4-4 collector-down"]);
});

test("R14: shed evidence wins over the stop", () => {
  const bed = restarted(snapshotOf(1, 1));
  bed.advance(60_000);
  bed.shed(10);
  bed.data(12);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-10 queue-overflow", "lost 1: 11-11 collector-down"]);
});

test("R14: on an empty database nothing is collector-down", () => {
  const bed = new TrackerBed();
  bed.data(0);
  bed.data(2);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 1-1 undetermined"]);
});

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

const noArchive: DeviceArchive = { load: () => null, loadEpoch: () => null };

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

test("R16: a run pushed out of memory is read back when its epoch speaks again", () => {
  const asked: (number | null)[] = [];
  const first = snapshotOf(1, 0);
  first.row[ROW.FLAGS] = ROW_FLAG.HEAD_KNOWN;
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => {
      asked.push(epoch);
      return epoch === 0 ? [first] : null;
    },
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  expect(bed.tracker.runCount).toBe(66);
  expect(bed.data(10, { epoch: 0 })).toBe("in-order");
  expect([asked, bed.ledger(1).inOrder]).toEqual([[0], 11]);
});

test.each([
  ["given up", false],
  ["confirmed", true],
])("R5: a run that had a held number may leave the memory once that is %s", (_, isConfirmed) => {
  const bed = new TrackerBed({ maxOpenRuns: 2, archive: { ...noArchive, loadEpoch: () => null } });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_001);
    expect(bed.data(5, { epoch })).toBe("held");
    if (isConfirmed) expect(bed.data(6, { epoch })).toBe("in-order");
    bed.advance(10_000).tick();
  }
  expect(bed.tracker.runCount).toBe(66);
});

test("R5: a run that has a held number stays in memory: what is given up is its duplicate", () => {
  const bed = new TrackerBed({ maxOpenRuns: 2, archive: { ...noArchive, loadEpoch: () => null } });
  // so slow that it is held for an hour
  for (const number of [0, 1]) {
    bed.data(number, { epoch: 0 });
    bed.advance(HOUR_MS);
  }
  expect(bed.data(0, { epoch: 0 })).toBe("held");
  for (let epoch = 1; epoch < 80; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.advance(HOUR_MS).tick();
  expect([bed.heardOf("held"), bed.ledger(1).duplicates]).toEqual([["held dropped: duplicate"], 1]);
});

test("R16: a run without an epoch is read back, the unsequenced one beside it is not", () => {
  const unsequenced = snapshotOf(1, 1);
  unsequenced.row[ROW.FLAGS] = ROW_FLAG.UNSEQUENCED;
  unsequenced.row[ROW.UNSEQUENCED] = 1;
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => (epoch === null ? [unsequenced, snapshotOf(2, 1)] : null),
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let i = 0; i < 5; i++) bed.data(null);
  bed.stream(0, 9, { epoch: null });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.data(10, { epoch: null });
  bed.data(null);
  expect([bed.ledger(1).unsequenced, bed.tracker.sequence]).toEqual([6, 5]);
});

test("R15: of the closed runs of a device from the database 64 are in memory, and those that miss something; the others are read back", () => {
  const runs = Array.from({ length: 101 }, (_, i) => {
    const absent = i === 0 ? [range(3, 4, "open")] : [];
    const snapshot = snapshotOf(i + 1, i, absent);
    snapshot.row[ROW.LAST_ARRIVAL] = BED_START_US - 60_000_000 + i;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (i < 100 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
    return snapshot;
  });
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => runs.filter((run) => run.epoch === epoch),
  };
  const bed = new TrackerBed(
    { archive },
    { hasHistory: true, nextDevice: 2, nextRun: 102, devices: [deviceOf(...runs)] },
  );
  expect([bed.tracker.runCount, bed.tracker.openGapCount]).toEqual([66, 1]);
  bed.advance(60_000);
  expect([bed.data(15, { epoch: 1 }), bed.tracker.runCount]).toEqual(["in-order", 65]);
  bed.advance(250).tick();
  expect(bed.heardOf("lost 2")).toEqual(["lost 2: 10-14 collector-down"]);
});

/** A bed whose archive knows so many runs of epoch 1, all but the newest one closed. @param spacing - of their first numbers, from 0 or down to it */
const manyRuns = (count: number, spacing: number, options: Partial<TrackerOptions> = {}): TrackerBed => {
  const runs = Array.from({ length: count }, (_, index) => {
    const snapshot = { ...snapshotOf(index + 1, 1), index };
    const offset = spacing < 0 ? (index - count) * spacing : index * spacing;
    snapshot.row[ROW.FIRST] = snapshot.row[ROW.FIRST]! + offset;
    snapshot.row[ROW.HIGH_WATER] = snapshot.row[ROW.HIGH_WATER]! + offset;
    snapshot.row[ROW.FIRST_SEND_TIME] = snapshot.row[ROW.MAX_SEND_TIME] = snapshot.row[ROW.FIRST_ARRIVAL]!;
    snapshot.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED | (index < count - 1 ? ROW_FLAG.CLOSED : ROW_FLAG.CURRENT);
    return snapshot;
  });
  return new TrackerBed(
    { archive: { ...noArchive, loadEpoch: () => runs }, ...options },
    { hasHistory: true, nextDevice: 2, nextRun: count + 1, devices: [deviceOf(...runs)] },
  );
};

/** How often a value of a run was looked at meanwhile. */
const lookedAt = (work: () => void): number => {
  const at = vi.spyOn(RunTable.prototype, "at");
  work();
  const { length } = at.mock.calls;
  at.mockRestore();
  return length;
};

test("R15: to read an epoch of many runs back costs what they are, not what they are to each other", () => {
  const costs = (count: number): number => {
    const bed = manyRuns(count, 0);
    return lookedAt(() => {
      // nobody believes it: all are asked
      expect([bed.data(2 ** 40, { epoch: 1 }), bed.tracker.runCount]).toEqual(["held", count]);
    });
  };
  expect(costs(1600)).toBeLessThan(3 * costs(800));
});

test("R15: a copy of something old costs what the runs of its epoch are, not what they are to each other, also where each lies below those before it", () => {
  const costs = (count: number): number => {
    const bed = manyRuns(count, -10);
    bed.data(2 ** 40, { epoch: 1 });
    expect(bed.tracker.runCount).toBe(count);
    return lookedAt(() => expect(bed.data(5, { epoch: 1, time: -200_000_000 })).toBe("held"));
  };
  expect(costs(1600)).toBeLessThan(3 * costs(800));
});

test("R15: a GONE for an epoch of many runs costs what they are, too, also when none has numbers of another", () => {
  const recovery = new Recovery({ listeners: ["on"], random: () => 0, send: () => true });
  recovery.wasAsked = () => true;
  const costs = (count: number): number => {
    const bed = manyRuns(count, 10, { recovery });
    bed.data(2 ** 40, { epoch: 1 });
    expect(bed.tracker.runCount).toBe(count);
    return lookedAt(() => expect(bed.gone(null, { epoch: 1, ranges: [[3, 4]] })).toBe("control"));
  };
  expect(costs(1600)).toBeLessThanOrEqual(3 * costs(800));
});

test("R15: whether a device may be asked for the gaps of a run is found out once for all that are due, of an epoch of many runs", () => {
  const recovery = new Recovery({ listeners: ["on"], random: () => 0, send: () => true });
  const costs = (gaps: number): number => {
    const bed = manyRuns(800, 1000, { recovery });
    bed.data(2 ** 40, { epoch: 1 });
    for (let gap = 1; gap <= gaps; gap++) bed.data(9 + 2 * gap, { epoch: 1, native: true });
    expect([bed.tracker.runCount, bed.tracker.openGapCount]).toEqual([800, gaps]);
    const { nowMs, wallUs } = bed.advance(251);
    return lookedAt(() => bed.tracker.tick(nowMs, nowMs, wallUs));
  };
  expect(costs(40)).toBeLessThan(2 * costs(10));
});

/** Epochs 0 to `count - 1`, each 0-1, 10 s apart; the archive gives what was drained of one. */
const manyEpochs = (count: number): { bed: TrackerBed; asked: (number | null)[] } => {
  const asked: (number | null)[] = [];
  const archive: DeviceArchive = {
    ...noArchive,
    loadEpoch: (_device, epoch) => {
      asked.push(epoch);
      const row = bed.rows.get(epoch! + 1);
      return row === undefined ? null : [{ epoch, index: 0, row: row.slice(), absent: [] }];
    },
  };
  const bed = new TrackerBed({ maxOpenRuns: 2, archive });
  for (let epoch = 0; epoch < count; epoch++) {
    bed.stream(0, 1, { epoch, time: 1 });
    bed.advance(10_000);
  }
  return { bed, asked };
};

test("R4: an epoch whose name is forgotten is asked for before it begins anew: its numbers stay received", () => {
  const { bed, asked } = manyEpochs(4200);
  asked.length = 0;
  expect(bed.data(1, { epoch: 0, time: 1 })).toBe("duplicate");
  expect(bed.data(2, { epoch: 0 })).toBe("in-order");
  expect([asked, bed.heardOf("run").length]).toEqual([[0], 4200]);
});

test("R6: forged epochs ask the database for what may begin only", () => {
  const { bed, asked } = manyEpochs(4200);
  asked.length = 0;
  const said = Array.from({ length: 100 }, (_, i) => bed.data(0, { epoch: 10_000 + i }));
  const begun = said.filter((verdict) => verdict === "in-order").length;
  expect([begun > 0, begun < 16, asked.length]).toEqual([true, true, begun]);
});

test("R16: a run pushed out of memory without an archive begins anew under an index of its own", () => {
  const bed = new TrackerBed({ maxOpenRuns: 2 });
  for (let epoch = 0; epoch < 70; epoch++) {
    bed.stream(0, 9, { epoch });
    bed.advance(10_000);
  }
  bed.data(10, { epoch: 0 });
  expect(bed.heardOf("run").at(-1)).toBe("run 71 of 1: 0/1");
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

/** Device 1 is in the database with 0-9 and not in memory. */
const leftOut = (maxDevices: number): TrackerBed =>
  new TrackerBed(
    {
      maxDevices,
      archive: { ...noArchive, load: (id) => (id === "pump-7" ? deviceOf(snapshotOf(1, 1)) : null) },
    },
    { hasHistory: true, nextDevice: 2, nextRun: 10, leftOut: ["pump-7"] },
  );

test("R14: what a device missed that was left out at the start is collector-down", () => {
  const bed = leftOut(100);
  bed.advance(60_000);
  bed.data(15);
  bed.advance(251);
  bed.data(17);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-14 collector-down", "lost 1: 16-16 undetermined"]);
});

test("R14: a window cut by the stop is over once a device speaks that was left out at the start", () => {
  const snapshot = snapshotOf(1, 1, [range(3, 4, "open")]);
  const archive: DeviceArchive = { load: () => deviceOf(snapshot), loadEpoch: () => null };
  const bed = new TrackerBed({ archive }, { hasHistory: true, nextRun: 2, leftOut: ["pump-7"] });
  bed.advance(60_000);
  bed.data(10);
  bed.tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 3-4 collector-down"]);
});

test("R14: but not when it was refused for want of room before", () => {
  const bed = leftOut(1);
  bed.stream(0, 1, { device: "other" });
  bed.advance(1000);
  expect(bed.data(14)).toBe("device-limit");
  bed.advance(60_000);
  bed.data(15);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-14 undetermined"]);
});

test("R14: what a device missed that was paged out before it spoke is collector-down", () => {
  const archive: DeviceArchive = { ...noArchive, load: () => deviceOf(snapshotOf(1, 1)) };
  const bed = new TrackerBed(
    { maxDevices: 1, archive },
    { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(snapshotOf(1, 1))] },
  );
  bed.advance(60_000);
  bed.data(0, { device: "other" });
  bed.data(15);
  bed.advance(250).tick();
  expect(bed.heardOf("paged")).toEqual(["paged out 1", "paged in 1"]);
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-14 collector-down"]);
});
