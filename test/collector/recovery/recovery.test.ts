import { expect, test } from "vitest";
import type { AskableGaps } from "../../../collector/tracker/askable-gaps.ts";
import { GapList } from "../../../collector/tracker/gap-list.ts";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { rowOf } from "../../support/fake-sources.ts";
import { DATAGRAM_BYTES, RecoveryBed, type SentNack, WINDOW_MS } from "../../support/recovery-bed.ts";

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** A bed whose device has sent 0 to 99 and can pay for any NACK. */
const spoken = (...given: ConstructorParameters<typeof RecoveryBed>): RecoveryBed => {
  const bed = new RecoveryBed(...given);
  bed.data("pump", range(0, 99));
  return bed;
};
const rangesOf = (bed: RecoveryBed): [number, number][][] => bed.nacks.map(({ ranges }) => ranges);

test("nothing is asked for before the reorder window is over", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS - 10);
  expect(bed.nacks).toEqual([]);
  bed.pass(20);
  expect(bed.nacks).toMatchObject([
    { address: "address of pump", port: 5000, epoch: 7, next: 102, ranges: [[100, 100]] },
  ]);
  const [{ atMs, sendTimeUs }] = bed.nacks as [SentNack];
  expect(bed.wallUs - sendTimeUs).toBe((bed.nowMs - atMs) * 1000);
});

test("a device is asked from the address of this host it was last heard at, as far as that is known", () => {
  const bed = spoken();
  for (const [number, local] of [
    [101, 0],
    [103, 2],
    [105, 1],
  ] as const) {
    bed.data("pump", [number], { local });
    bed.pass(WINDOW_MS + 10);
    bed.data("pump", [number - 1], { local });
  }
  expect(bed.nacks.map(({ ranges, local }) => [ranges[0]![0], local])).toEqual([
    [100, 0],
    [102, 2],
    [104, 1],
  ]);
});

test("a gap that opened before the address had a socket is asked for from there, also when all goes well since", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.data("pump", range(102, 110), { local: 2 });
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks).toMatchObject([{ local: 2, ranges: [[100, 100]] }]);
});

test("of two senders under one id the reported one is asked, by the listener it is heard by", () => {
  const bed = spoken();
  bed.data("pump", [101], { address: "2001:db8::7", listener: 1 });
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks).toMatchObject([{ address: "address of pump", listener: 0, ranges: [[100, 100]] }]);
});

test("what fills its window is never asked for", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS - 20);
  expect(bed.data("pump", [100])).toEqual([VERDICT.REORDERED]);
  bed.pass(1000);
  expect(bed.nacks).toEqual([]);
});

test("all gaps of a device are in one datagram", () => {
  const bed = spoken();
  bed.data("pump", [101, 103, 104, 110]);
  bed.pass(WINDOW_MS + 10);
  expect(rangesOf(bed)).toEqual([
    [
      [100, 100],
      [102, 102],
      [105, 109],
    ],
  ]);
});

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
  bed.pass(WINDOW_MS + 15_000);
  expect(bed.lost).toMatchObject([{ first: 100, last: 100, cause: CAUSE.UNDETERMINED, requests: 6 }]);
  expect(bed.data("pump", [100])).toEqual([VERDICT.RECOVERED]);
});

test("the wait between two requests for a number doubles", () => {
  const bed = spoken();
  bed.data("pump", [101, 103]);
  bed.pass(WINDOW_MS + 30);
  bed.data("pump", [100]);
  bed.pass(10_000);
  const times = bed.nacks.map(({ atMs }) => atMs);
  const waits = times.slice(1).map((at, index) => at - times[index]!);
  expect(times.length).toBe(9);
  // the first wait is longer: the round trip had not been measured
  for (const [index, wait] of waits.entries())
    if (index > 1) expect(wait).toBeGreaterThanOrEqual(Math.min(1990, waits[index - 1]! * 2 - 20));
  expect(bed.lost).toMatchObject([{ first: 102, requests: 9 }]);
});

test("a number is asked for ten times at most", () => {
  const bed = spoken();
  bed.data("pump", [101, 103]);
  bed.pass(WINDOW_MS + 10);
  bed.data("pump", [100]);
  bed.pass(10_000);
  expect(bed.nacks.length).toBe(10);
  expect(bed.lost).toMatchObject([{ first: 102, requests: 10 }]);
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

test("half a second after the NACK that finds a device deaf what it was asked for is lost, not before", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  while (bed.nacks.length < 6) bed.pass(10);
  bed.pass(490);
  expect(bed.lost).toEqual([]);
  bed.pass(10);
  expect(bed.lost).toMatchObject([{ first: 100, last: 100, requests: 6 }]);
});

test("a deaf device is tried again 30 s after the last NACK, not before", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(7000);
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
  bed.pass(WINDOW_MS + 10_000);
  expect(bed.lost).toMatchObject([
    { first: 100, cause: CAUSE.GONE, requests: 1 },
    { first: 102, cause: CAUSE.UNDETERMINED, requests: 8 },
  ]);
});

test("a device that takes the place of one that was deaf is asked as any", () => {
  const bed = new RecoveryBed({}, undefined, { maxDevices: 1 });
  bed.data("deaf", [0, 2], { lengthBytes: 1000 });
  bed.pass(10_000);
  bed.data("pump", [0, 2]);
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks.map(({ device }) => device)).toEqual([...Array(6).fill("deaf"), "pump"]);
  expect(bed.recovery.peerCount).toBe(1);
});

test("a device that never answered is given up early, and then asked once in a while only", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(7000);
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
  bed.pass(9000);
  bed.pass(bed.nacks.at(-1)!.atMs + 10_000 - bed.nowMs);
  expect(bed.gone("pump", 101, [[100, 100]])).toBe(VERDICT.CONTROL);
  bed.pass(1);
  expect(bed.gone("pump", 101, [[100, 100]])).toBe(VERDICT.REJECTED);
});

test("each epoch is asked for under its own name, 50 ms apart", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.data("pump", [0, 1, 3], { epoch: 8 });
  bed.pass(WINDOW_MS + 60);
  expect(bed.nacks).toMatchObject([
    { epoch: 8, next: 4, ranges: [[2, 2]] },
    { epoch: 7, next: 102, ranges: [[100, 100]] },
  ]);
  expect(bed.nacks[1]!.atMs - bed.nacks[0]!.atMs).toBe(50);
  expect(bed.gone("pump", -1, [[100, 100]], { epoch: 7 })).toBe(VERDICT.CONTROL);
  expect(bed.lost).toMatchObject([{ first: 100, cause: CAUSE.GONE }]);
});

test("no device of a listener with recovery off is asked, nor one that speaks JSON", () => {
  for (const from of [{ listener: 2 }, { isNative: false }]) {
    const bed = new RecoveryBed();
    bed.data("pump", [...range(0, 99), 101], from);
    bed.pass(WINDOW_MS + 20);
    expect([bed.nacks.length, bed.lost.length]).toEqual([0, 1]);
  }
});

test("where others may hear the same group the first request waits a random time", () => {
  const delays = [0, 0.5, 0.999].map((random) => {
    const bed = new RecoveryBed({ random: () => random });
    bed.data("pump", [...range(0, 99), 101], { listener: 1 });
    const sinceMs = bed.nowMs + WINDOW_MS;
    bed.pass(1000);
    return bed.nacks[0]!.atMs - sinceMs;
  });
  expect(delays[0]).toBeLessThanOrEqual(10);
  expect(delays[1]).toBeGreaterThan(delays[0]!);
  expect(delays[2]).toBeGreaterThan(delays[1]!);
  expect(delays[2]).toBeLessThanOrEqual(210);
});

test("the longest wait is four round trips once they are measured", () => {
  const bed = new RecoveryBed({ random: () => 0.999 });
  bed.data("pump", [...range(0, 99), 101], { listener: 1 });
  bed.pass(WINDOW_MS + 210);
  bed.pass(100);
  bed.data("pump", [100, 103], { listener: 1 });
  const [first] = bed.nacks;
  const roundTripMs = bed.nowMs - first!.atMs;
  const sinceMs = bed.nowMs + WINDOW_MS;
  bed.pass(WINDOW_MS + 1000);
  const waitMs = bed.nacks[1]!.atMs - sinceMs;
  expect(waitMs).toBeLessThanOrEqual(4 * roundTripMs);
  expect(waitMs).toBeGreaterThan(4 * roundTripMs - 20);
});

test("each gap waits its own random time, though one of the device is asked for before", () => {
  const waits = [0.999, 0];
  const bed = new RecoveryBed({ random: () => waits.shift()! });
  bed.data("pump", [...range(0, 99), 101], { listener: 1 });
  bed.pass(50);
  bed.data("pump", [103], { listener: 1 });
  bed.pass(1000);
  expect(rangesOf(bed).slice(0, 2)).toEqual([[[102, 102]], [[100, 100]]]);
});

test("what another collector of the group may have asked for is no reordering: a longer window would only delay its answer", () => {
  const bed = new RecoveryBed();
  const isReordered = (): boolean => bed.tracker.reorderDelays.some((count) => count > 0);
  bed.data("pump", [...range(0, 99), 101], { listener: 1 });
  bed.pass(WINDOW_MS + 10);
  expect(bed.data("pump", [100], { listener: 1 })).toEqual([VERDICT.REORDERED]);
  expect(bed.nacks).toEqual([]);
  expect(isReordered()).toBe(false);
  bed.data("pump", [103, 102], { listener: 1 });
  expect(isReordered()).toBe(true);
});

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

test("a device behind a stalled reader is not asked for what may wait in the socket", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS + 500, 600);
  expect(bed.nacks).toEqual([]);
});

test("what has just become due is named once its time has been read, by no empty NACK", () => {
  const waits = [0.5, 0.999];
  const bed = new RecoveryBed({ random: () => waits.shift()! });
  bed.data("pump", [...range(0, 99), 101, 103], { listener: 1 });
  bed.pass(WINDOW_MS + 300, 300);
  // the gap whose turn it was fills itself, the other is due but for what may wait in the socket
  bed.data("pump", [100], { listener: 1 });
  bed.pass(180, 300);
  expect(bed.nacks).toEqual([]);
  bed.pass(40, 300);
  expect(rangesOf(bed)).toEqual([[[102, 102]]]);
});

test("a listener without a socket asks nothing and counts nothing", () => {
  const bed = spoken();
  bed.closed.add(0);
  bed.data("pump", [101]);
  bed.pass(5000);
  bed.closed.clear();
  bed.pass(200);
  expect(bed.nacks.length).toBe(1);
  bed.data("pump", [100]);
  expect(bed.count(ROW.RECOVERED)).toBe(1);
});

test("a NACK that cannot leave is tried again every 100 ms", () => {
  const triedMs: number[] = [];
  const bed = spoken({
    send: () => {
      triedMs.push(bed.nowMs);
      return false;
    },
  });
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS + 300);
  expect(triedMs.map((ms) => ms - triedMs[0]!)).toEqual([0, 100, 200, 300]);
});

test("while a device works on what it was asked for it is not asked again", () => {
  const bed = spoken();
  bed.data("pump", [400]);
  bed.pass(WINDOW_MS + 20);
  for (const number of range(100, 399)) {
    bed.pass(10);
    bed.data("pump", [number]);
  }
  bed.pass(1000);
  expect(rangesOf(bed)).toEqual([[[100, 399]]]);
});

test("more gaps than one datagram holds follow in the next, 50 ms later", () => {
  const bed = new RecoveryBed();
  bed.data(
    "pump",
    range(0, 399).map((n) => n * 2),
  );
  bed.pass(WINDOW_MS + 400);
  const counts = bed.nacks.map(({ ranges }) => ranges.length);
  expect(counts.slice(0, 4)).toEqual([85, 85, 85, 85]);
  const sinceMs = bed.nacks[0]!.atMs;
  expect(bed.nacks.slice(0, 5).map(({ atMs }) => atMs - sinceMs)).toEqual([0, 50, 100, 150, 200]);
  for (const { bytes } of bed.nacks) expect(bytes).toBeLessThanOrEqual(1400);
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

test("what is handed over to be sent is nobody else's any more", () => {
  const kept: Uint8Array[] = [];
  const bed = spoken({ send: (_listener, bytes) => kept.push(bytes) > 0 });
  bed.data("pump", [101]);
  bed.pass(WINDOW_MS + 10);
  const first = kept[0]!.slice();
  bed.data("pump", [103]);
  bed.pass(WINDOW_MS + 10);
  expect(kept.length).toBeGreaterThan(1);
  expect(kept[0]).toEqual(first);
});

test.each([
  [8, 2],
  [9, 1],
  [10, 0],
])("a number that %i NACKs named before the start is named by %i more", (requests, count) => {
  const [deviceRow, absent] = [
    rowOf({ RUN: 1, DEVICE: 1, FIRST: 0, HIGH_WATER: 1, IN_ORDER: 1, MISSING: 1 }),
    {
      first: 0,
      last: 0,
      state: "open",
      cause: CAUSE.NETWORK,
      openedAt: 1,
      timeBefore: 1,
      timeAfter: 1,
    } as const,
  ];
  const runs = [{ epoch: 7, index: 0, row: deviceRow, absent: [{ ...absent, requests }] }];
  const pump = { device: 1, id: "pump", source: "192.0.2.7:5000", channels: [], runs };
  const bed = new RecoveryBed(
    {},
    undefined,
    {},
    { hasHistory: true, nextDevice: 2, nextRun: 2, devices: [pump] },
  );
  bed.data("pump", [1], { lengthBytes: 1000 });
  bed.pass(WINDOW_MS + 10_000);
  expect(bed.nacks.length).toBe(count);
  expect(bed.lost).toMatchObject([{ first: 0, last: 0, cause: CAUSE.COLLECTOR_DOWN, requests: 10 }]);
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

test("a heartbeat is worth what it weighs", () => {
  const bed = new RecoveryBed();
  bed.data("pump", [0, 1]);
  bed.heartbeat("pump", 5);
  bed.pass(WINDOW_MS + 30);
  expect(rangesOf(bed)).toEqual([[[2, 4]]]);
  expect(bed.nacks[0]!.bytes).toBeLessThanOrEqual(3 * DATAGRAM_BYTES);
});
