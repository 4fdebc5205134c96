import { expect, test } from "vitest";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { RecoveryBed, range, spoken, WINDOW_MS } from "../../support/recovery-bed.ts";
import { range as absent, deviceOf, snapshotOf } from "../../support/stored-device.ts";

test("an asked number that comes is recovered, and no longer asked for", () => {
  const bed = spoken();
  bed.data("pump", [101, 103]);
  bed.pass(WINDOW_MS + 30);
  expect(bed.data("pump", [100, 102])).toEqual([VERDICT.RECOVERED, VERDICT.RECOVERED]);
  bed.pass(10_000);
  expect([bed.nacks.length, bed.count(ROW.RECOVERED), bed.count(ROW.MISSING)]).toEqual([1, 2, 0]);
});

test("an asked number that comes after it was declared lost is recovered too", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.talk("pump", 102, WINDOW_MS + 15_000);
  expect(bed.lost).toMatchObject([{ first: 100, last: 100, cause: CAUSE.UNDETERMINED, requests: 6 }]);
  expect(bed.data("pump", [100])).toEqual([VERDICT.RECOVERED]);
});

test("six requests within 1.5 s are no deafness: the answer to the first may be under way", () => {
  const bed = spoken();
  for (let number = 101; number < 121; number += 2) {
    bed.data("pump", [number]);
    bed.pass(60);
  }
  bed.pass(700);
  const [first, ...others] = bed.nacks;
  expect(others.filter(({ atMs }) => atMs - first!.atMs < 1000).length).toBeGreaterThan(6);
  bed.pass(500);
  expect(bed.lost).toEqual([]);
  expect(
    new Set(
      bed.data(
        "pump",
        range(50, 59).map((n) => 2 * n),
      ),
    ),
  ).toEqual(new Set([VERDICT.RECOVERED]));
});

test("NACKs into a silence are no deafness: what was sent while the network was away is asked for once it is back", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(9000);
  expect(bed.nacks.length).toBeGreaterThan(6);
  bed.data("pump", [140]);
  bed.pass(WINDOW_MS + 50);
  expect(bed.nacks.at(-1)!.ranges).toContainEqual([102, 139]);
  expect(new Set(bed.data("pump", range(102, 139)))).toEqual(new Set([VERDICT.RECOVERED]));
});

test("half a second after the NACK that finds a device deaf what it was asked for is lost, not before", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  while (bed.nacks.length < 6) bed.talk("pump", 102, 10);
  bed.pass(490);
  expect(bed.lost).toEqual([]);
  bed.pass(10);
  expect(bed.lost).toMatchObject([{ first: 100, last: 100, requests: 6 }]);
});

test("a deaf device is tried again 30 s after the last NACK, not before", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.talk("pump", 102, 7000);
  const triedMs = bed.nacks[5]!.atMs + 30_000;
  bed.pass(triedMs - WINDOW_MS - 10 - bed.nowMs);
  bed.data("pump", [103]);
  bed.pass(10);
  bed.data("pump", [105]);
  bed.pass(WINDOW_MS + 10);
  expect(bed.nacks.slice(6)).toMatchObject([{ atMs: triedMs, ranges: [[104, 104]] }]);
  expect(bed.lost.map(({ first }) => first)).toEqual([100, 102]);
});

test("a device that answers with GONE hears us, and is asked as often as any", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS + 10);
  bed.gone("pump", 102, [[100, 100]]);
  bed.data("pump", [103]);
  bed.talk("pump", 104, WINDOW_MS + 10_000);
  expect(bed.lost).toMatchObject([
    { first: 100, cause: CAUSE.GONE, requests: 1 },
    { first: 102, cause: CAUSE.UNDETERMINED, requests: 8 },
  ]);
});

test("a number that was asked for before its run came from the database is an answer too: the device is asked as often as any", () => {
  const asked = { ...absent(3, 4, "lost"), requests: 1 };
  const devices = [deviceOf(snapshotOf(1, 7, [asked]))];
  const bed = new RecoveryBed({}, undefined, {}, { hasHistory: true, nextDevice: 2, nextRun: 2, devices });
  bed.data("pump-7", range(10, 99));
  bed.data("pump-7", [101]);
  bed.pass(WINDOW_MS + 10);
  expect(bed.data("pump-7", [3])).toEqual([VERDICT.RECOVERED]);
  bed.talk("pump-7", 102, 10_000);
  expect(bed.lost).toMatchObject([{ first: 100, requests: 8 }]);
});

test("a device that takes the place of one that was deaf is asked as any", () => {
  const bed = new RecoveryBed({}, undefined, { maxDevices: 1 });
  bed.data("deaf", [0, 2], { lengthBytes: 1000 });
  bed.talk("deaf", 3, 10_000);
  bed.data("pump", [0, 2]);
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks.map(({ device }) => device)).toEqual([...Array(6).fill("deaf"), "pump"]);
  expect(bed.recovery.peerCount).toBe(1);
});

test("a device that never answered is given up early, and then asked once in a while only", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.talk("pump", 102, 7000);
  expect([bed.nacks.length, bed.count(ROW.MISSING)]).toEqual([6, 0]);
  bed.data("pump", [103]);
  bed.pass(WINDOW_MS + 20);
  expect([bed.nacks.length, bed.lost.length]).toEqual([6, 2]);
  bed.pass(30_000);
  bed.data("pump", [105]);
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks.length).toBe(7);
  expect(bed.data("pump", [104])).toEqual([VERDICT.RECOVERED]);
  bed.data("pump", [107]);
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks.length).toBe(8);
});

test("one that did not hear NACKs where it was is asked as any where it is now", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.talk("pump", 102, 10_000);
  expect(bed.nacks.length).toBe(6);
  bed.data("pump", [...range(102, 120), 122], { port: 5001 });
  bed.talk("pump", 123, 7000, { port: 5001 });
  expect(bed.nacks.slice(6).map(({ port }) => port)).toEqual(Array(6).fill(5001));
  bed.data("pump", [124], { port: 5001 });
  bed.pass(WINDOW_MS + 20);
  expect([bed.nacks.length, bed.lost.length]).toEqual([12, 3]);
});

test("GONE closes at once what was asked for, with its cause, and nothing else", () => {
  const bed = spoken();
  bed.data("pump", [110]);
  bed.pass(WINDOW_MS + 30);
  bed.data("pump", [112]);
  expect(
    bed.gone("pump", 113, [
      [0, 103],
      [105, 111],
    ]),
  ).toBe(VERDICT.CONTROL);
  expect(bed.lost).toMatchObject([
    { first: 100, last: 103, cause: CAUSE.GONE, requests: 1 },
    { first: 105, last: 109, cause: CAUSE.GONE, requests: 1 },
  ]);
  expect(bed.count(ROW.MISSING)).toBe(2);
});

test("GONE names a set: ranges in any order that touch or overlap close what they name once", () => {
  const bed = spoken();
  bed.data("pump", [110, 120]);
  bed.pass(WINDOW_MS + 30);
  bed.gone("pump", 121, [
    [115, 117],
    [102, 106],
    [104, 105],
    [107, 107],
    [116, 116],
    [100, 100],
  ]);
  const closed = bed.lost.map(({ first, last }) => [first, last]);
  expect(closed).toEqual([
    [100, 100],
    [102, 107],
    [115, 117],
  ]);
  expect([bed.tracker.openGapCount, bed.tracker.gapCount]).toEqual([4, 7]);
  expect(bed.count(ROW.MISSING)).toBe(9);
});

test("GONE that nobody asked for, from elsewhere or too late, is rejected", () => {
  const bed = spoken();
  expect(bed.gone("pump", 100, [[0, 5]])).toBe(VERDICT.REJECTED);
  expect(bed.gone("nobody", 100, [[0, 5]])).toBe(VERDICT.REJECTED);
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS + 30);
  expect(bed.gone("pump", 101, [[100, 100]], { address: "elsewhere" })).toBe(VERDICT.REJECTED);
  expect(bed.gone("pump", 101, [[100, 100]], { port: 5001 })).toBe(VERDICT.REJECTED);
  expect(bed.lost).toEqual([]);
  bed.pass(11_000);
  bed.pass(bed.nacks.at(-1)!.atMs + 10_000 - bed.nowMs);
  expect(bed.gone("pump", 101, [[100, 100]])).toBe(VERDICT.CONTROL);
  bed.pass(1);
  expect(bed.gone("pump", 101, [[100, 100]])).toBe(VERDICT.REJECTED);
});
