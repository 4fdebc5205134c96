import { expect, test } from "vitest";
import type { AskableGaps } from "../../../collector/tracker/gap/askable-gaps.ts";
import { GapList } from "../../../collector/tracker/gap/gap-list.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import {
  DATAGRAM_BYTES,
  RecoveryBed,
  range,
  rangesOf,
  spoken,
  WINDOW_MS,
} from "../../support/recovery-bed.ts";

test("never more bytes go to an address than came from it", () => {
  const bed = new RecoveryBed();
  bed.data("pump", [0, 1, 1000], { lengthBytes: 20 });
  bed.pass(WINDOW_MS + 500);
  expect(bed.nacks.map(({ bytes }) => bytes)).toEqual([48]);
  bed.pass(5000);
  expect(bed.nacks.length).toBe(1);
  bed.data("pump", [1001, 1002], { lengthBytes: 20 });
  bed.pass(1000);
  expect(bed.nacks.length).toBe(2);
});

test.each([
  [47, 0],
  [48, 1],
])("credit for %i bytes pays for %i NACKs with a range", (creditBytes, count) => {
  const bed = new RecoveryBed();
  bed.data("pump", [0, 2], { lengthBytes: creditBytes / 2 });
  bed.pass(WINDOW_MS + 5000);
  expect(bed.nacks.map(({ bytes }) => bytes)).toEqual(Array(count).fill(48));
});

test("a device that moves leaves its credit behind", () => {
  const bed = spoken();
  bed.pass(10_000);
  bed.data("pump", [100, 110], { address: "victim", lengthBytes: 30 });
  bed.pass(12_000);
  expect(bed.nacks.map(({ address, bytes }) => [address, bytes])).toEqual([["victim", 48]]);
});

test("what an address sent long ago does not count as recent", () => {
  const bed = spoken();
  bed.pass(61_000);
  bed.data("pump", [101], { lengthBytes: 40 });
  bed.pass(1000);
  expect(bed.nacks).toEqual([]);
});

test("a heartbeat is worth what it weighs", () => {
  const bed = new RecoveryBed();
  bed.data("pump", [0, 1]);
  bed.heartbeat("pump", 5);
  bed.pass(WINDOW_MS + 30);
  expect(rangesOf(bed)).toEqual([[[2, 4]]]);
  expect(bed.nacks[0]!.bytes).toBeLessThanOrEqual(3 * DATAGRAM_BYTES);
});

test("100,000 forged gaps cost bounded memory and bandwidth", () => {
  const bed = new RecoveryBed({ maxPeers: 1000 });
  const numbers = range(0, 10).map((n) => 2 * n);
  for (let device = 0; device < 10_000; device++)
    bed.data(`forged ${device}`, numbers, { address: "victim", port: 9, lengthBytes: 45 });
  bed.pass(WINDOW_MS + 10_000);
  expect(bed.recovery.peerCount).toBeLessThanOrEqual(1000);
  const sent = bed.nacks.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(sent).toBeLessThanOrEqual(1000 * numbers.length * 45);
  expect(bed.count(ROW.MISSING)).toBe(0);
});

/** The most values of ranges that one call of `plan` looked at while time passed. */
const mostLookedAt = (bed: RecoveryBed, ms: number): number => {
  const { get } = GapList.prototype;
  const plan = bed.recovery.plan.bind(bed.recovery);
  let [looked, most] = [0, 0];
  GapList.prototype.get = function (index, field) {
    looked++;
    return get.call(this, index, field);
  };
  bed.recovery.plan = (...times) => {
    looked = 0;
    plan(...times);
    most = Math.max(most, looked);
  };
  try {
    bed.pass(ms);
  } finally {
    GapList.prototype.get = get;
    bed.recovery.plan = plan;
  }
  return most;
};

test("to ask a device costs what it may be asked for, not what it has lost", () => {
  const bed = new RecoveryBed();
  const numbers = range(0, 1000).map((n) => 2 * n);
  bed.data("pump", numbers);
  bed.pass(WINDOW_MS + 20);
  // it listens
  bed.data("pump", [1]);
  bed.pass(30_000);
  expect([bed.tracker.openGapCount, bed.tracker.gapCount]).toEqual([0, 999]);
  bed.data("pump", [2002]);
  bed.nacks.length = 0;
  expect(mostLookedAt(bed, WINDOW_MS + 20)).toBeLessThan(30);
  expect(rangesOf(bed)).toEqual([[[2001, 2001]]]);
});

test("very many gaps of many devices are asked for in portions", () => {
  const bed = new RecoveryBed();
  const numbers = range(0, 2000).map((n) => 2 * n);
  for (let device = 0; device < 200; device++) bed.data(`device ${device}`, numbers);
  // until those are given up that never answer
  expect(mostLookedAt(bed, 5000)).toBeLessThan(500_000);
  expect(bed.nacks.length).toBeGreaterThan(200 * 6);
});

test("all devices together are asked at a bounded rate", () => {
  const bed = new RecoveryBed({ nacksPerSecond: 100 });
  for (let device = 0; device < 3000; device++) bed.data(`device ${device}`, [0, 1, 2, 4]);
  bed.pass(WINDOW_MS + 1000);
  expect(bed.nacks.length).toBeGreaterThan(500);
  expect(bed.nacks.length).toBeLessThanOrEqual(500 + 101);
});

test("without another bound these are 500 at once and 5,000 a second", () => {
  const bed = new RecoveryBed();
  for (let device = 0; device < 1000; device++) bed.data(`device ${device}`, [0, 1, 2, 4]);
  bed.pass(WINDOW_MS + 60);
  const sinceMs = bed.nacks[0]!.atMs;
  // whom to ask is looked up in portions, so that the 500 take more than one pass
  const counts = [20, 30, 50].map((ms) => bed.nacks.filter(({ atMs }) => atMs - sinceMs <= ms).length);
  expect(counts).toEqual([600, 650, 750]);
});

test("of very many devices that are due 1,024 are looked at before the sockets are read again, each once", () => {
  let looks = 0;
  const bed = new RecoveryBed();
  bed.recovery.gaps = {
    creditBytes: () => 0,
    idBytes: () => Buffer.from("pump"),
    returnPath: () => false,
    nextRun: () => {
      looks++;
      return -1;
    },
  } as unknown as AskableGaps;
  for (let device = 0; device < 3000; device++) bed.recovery.windowOver(device, 0, 0, bed.nowMs);
  const looked = [0, 10, 20, 30, 130].map((ms) => {
    bed.recovery.plan(bed.nowMs + ms, bed.nowMs + ms, bed.wallUs);
    return looks;
  });
  expect(looked).toEqual([1024, 2048, 3000, 3000, 3000]);
});

test("devices of a listener without a socket use up nothing of what the others may be asked", () => {
  const bed = new RecoveryBed({ nacksPerSecond: 100, listeners: ["on", "on"] });
  for (let device = 0; device < 900; device++) bed.data(`device ${device}`, [0, 1, 2, 4]);
  bed.closed.add(0);
  bed.pass(WINDOW_MS + 1000);
  bed.data("pump", [0, 1, 2, 4], { listener: 1 });
  bed.pass(WINDOW_MS + 50);
  expect(bed.nacks.map(({ device, ranges }) => [device, ranges])).toEqual([["pump", [[3, 3]]]]);
});

test("an idle device makes room for a new one", () => {
  const bed = new RecoveryBed({ maxPeers: 1 });
  bed.data("one", [0, 1, 2, 4]);
  bed.pass(1000);
  bed.data("two", [0, 1, 2, 4]);
  bed.pass(1000);
  expect(new Set(bed.nacks.map(({ device }) => device))).toEqual(new Set(["one"]));
  bed.pass(66_000);
  bed.data("two", [6]);
  bed.pass(1000);
  expect(bed.nacks.at(-1)).toMatchObject({ device: "two", ranges: [[5, 5]] });
});
