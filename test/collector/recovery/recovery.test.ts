import { expect, test } from "vitest";
import { GapList } from "../../../collector/tracker/gap-list.ts";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { DATAGRAM_BYTES, RecoveryBed, WINDOW_MS } from "../../support/recovery-bed.ts";

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
  expect(bed.lost).toEqual([]);
  bed.pass(20_000);
  expect(bed.gone("pump", 101, [[100, 100]])).toBe(VERDICT.REJECTED);
});

test("a former epoch is asked for under its own name", () => {
  const bed = spoken();
  bed.data("pump", [101]);
  bed.data("pump", [0, 1, 2], { epoch: 8 });
  bed.pass(WINDOW_MS + 30);
  expect(bed.nacks).toMatchObject([{ epoch: 7, ranges: [[100, 100]] }]);
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

test("a device that moves leaves its credit behind", () => {
  const bed = spoken();
  bed.data("pump", [100, 110], { address: "victim", lengthBytes: 30 });
  bed.pass(12_000);
  const bytes = bed.nacks.filter(({ address }) => address === "victim").map((nack) => nack.bytes);
  expect(bytes.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(60);
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
  for (const [index, { atMs, bytes }] of bed.nacks.entries()) {
    expect(bytes).toBeLessThanOrEqual(1400);
    if (index > 0) expect(atMs - bed.nacks[index - 1]!.atMs).toBeGreaterThanOrEqual(50);
  }
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
