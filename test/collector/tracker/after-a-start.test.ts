import { expect, test } from "vitest";
import type { DeviceArchive } from "../../../collector/tracker/types.ts";
import type { RunSnapshot } from "../../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { deviceOf, noArchive, range, snapshotOf } from "../../support/stored-device.ts";
import { BED_START_US, TrackerBed } from "../../support/tracker-bed.ts";

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

/** Device 1 with its runs, in memory one at a time with another device; the archive gives them as they were reported last. */
const pagedOut = (...runs: RunSnapshot[]): TrackerBed => {
  const archive: DeviceArchive = {
    ...noArchive,
    load: (id) => (id === "pump-7" ? deviceOf(...runs.map(asReported)) : null),
  };
  const asReported = (run: RunSnapshot): RunSnapshot => {
    return { ...run, row: bed.rows.get(run.row[ROW.RUN]!)?.slice() ?? run.row };
  };
  const bed = new TrackerBed(
    { maxDevices: 1, archive },
    { hasHistory: true, nextDevice: 2, nextRun: 10, devices: [deviceOf(...runs)] },
  );
  return bed;
};

/** Another device speaks, for which the one that is idle makes room. */
const makeRoom = (bed: TrackerBed): void => {
  bed.advance(60_000);
  expect(bed.data(0, { device: "other" })).toBe("in-order");
  expect(bed.heardOf("paged out")).toEqual(["paged out 1"]);
};

test.each<[string, (bed: TrackerBed) => unknown]>([
  ["its names", (bed) => bed.heartbeat(null)],
  ["a copy", (bed) => bed.data(9, { time: -60_000_000 })],
  ["a heartbeat that is old", (bed) => bed.heartbeat(5)],
  ["something of another epoch", (bed) => bed.data(10, { epoch: 2 })],
])(
  "R14: what a device missed that was paged out after it had said only %s is collector-down, and no habit of it",
  (_, say) => {
    const [former, other] = [snapshotOf(1, 1), snapshotOf(2, 2)];
    former.row[ROW.INTERVAL] = 1_000_000;
    former.row[ROW.MAX_SEND_TIME] = BED_START_US - 60_000_000;
    other.row[ROW.FLAGS] = ROW_FLAG.CONFIRMED;
    const bed = pagedOut(former, other);
    bed.advance(60_000);
    say(bed);
    makeRoom(bed);
    bed.data(15);
    bed.advance(250).tick();
    expect(bed.heardOf("lost")).toEqual(["lost 1: 10-14 collector-down"]);
    expect(bed.row(1)[ROW.INTERVAL]).toBe(1_000_000);
  },
);

test("R14: what a device missed after it was heard again is not the stop's fault, also when it was paged out meanwhile", () => {
  const bed = pagedOut(snapshotOf(1, 1));
  bed.data(10);
  makeRoom(bed);
  bed.data(15);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 11-14 undetermined"]);
});

test("R14: nor what one missed that was refused for want of room after it was paged out", () => {
  const bed = pagedOut(snapshotOf(1, 1));
  bed.heartbeat(null);
  makeRoom(bed);
  bed.data(1, { device: "other" });
  expect(bed.data(14)).toBe("device-limit");
  bed.advance(60_000);
  bed.data(15);
  bed.advance(250).tick();
  expect(bed.heardOf("lost")).toEqual(["lost 1: 10-14 undetermined"]);
});

/** What becomes of the current run when its device speaks on, in memory or after a start on what was reported. */
const restarts = (speak: (bed: TrackerBed) => void, speakOn: (bed: TrackerBed) => void): string[][] =>
  [false, true].map((isStart) => {
    let bed = new TrackerBed();
    speak(bed);
    if (isStart) {
      const runs = [...bed.rows.values()].map((row) => ({ epoch: row[ROW.RUN]!, index: 0, row, absent: [] }));
      bed = new TrackerBed(
        {},
        { hasHistory: true, nextDevice: 2, nextRun: runs.length + 1, devices: [deviceOf(...runs)] },
      );
    }
    bed.heard.length = 0;
    speakOn(bed);
    return bed.heardOf("event");
  });

test("R6: a run that was current with one number is not so again by the next one, also after a start", () => {
  const events = restarts(
    (bed) => [bed.data(0, { epoch: 1 }), bed.data(0, { epoch: 2 }), bed.data(1, { epoch: 2 })],
    (bed) => [bed.data(2, { epoch: 2 }), bed.data(1, { epoch: 1 })],
  );
  expect(events).toEqual([[], []]);
});

test("R6: a run that has two numbers and was never current becomes so by its first consecutive one, also after a start", () => {
  const events = restarts(
    (bed) => [bed.data(0, { epoch: 1 }), bed.data(0, { epoch: 2 }), bed.data(2, { epoch: 2 })],
    (bed) => [bed.data(1, { epoch: 1 }), bed.data(3, { epoch: 2 })],
  );
  expect(events).toEqual([["event restart 1"], ["event restart 1"]]);
});
