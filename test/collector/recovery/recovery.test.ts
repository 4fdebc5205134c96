import { expect, test } from "vitest";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { rowOf } from "../../support/fake-sources.ts";
import {
  RecoveryBed,
  range,
  rangesOf,
  type SentNack,
  spoken,
  WINDOW_MS,
} from "../../support/recovery-bed.ts";

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

test("a device that begins anew is asked where it is then, however soon after it was first heard", () => {
  const bed = spoken();
  const from = { epoch: 8, port: 5001, local: 2 };
  bed.data("pump", [0, 1, 3], from);
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks).toMatchObject([{ epoch: 8, port: 5001, local: 2, ranges: [[2, 2]] }]);
  expect(bed.gone("pump", 4, [[2, 2]], from)).toBe(VERDICT.CONTROL);
  expect(bed.lost).toMatchObject([{ first: 2, cause: CAUSE.GONE }]);
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

test("a device that speaks both formats is asked, also when all went well while it spoke the binary one", () => {
  const bed = new RecoveryBed();
  bed.data("pump", range(0, 9), { isNative: false });
  bed.data("pump", range(10, 99));
  bed.data("pump", [101], { isNative: false });
  bed.pass(WINDOW_MS + 20);
  expect(bed.nacks).toMatchObject([{ ranges: [[100, 100]] }]);
});

test("a source without an address or port is not asked: the system would take it for this host itself", () => {
  const sources = [{ address: "0.0.0.0" }, { address: "::" }, { port: 0 }];
  for (const from of sources) {
    const bed = new RecoveryBed();
    bed.data("pump", [...range(0, 99), 101], from);
    bed.pass(WINDOW_MS + 10_020);
    expect(bed.nacks).toEqual([]);
    expect(bed.lost).toMatchObject([{ first: 100, last: 100, requests: 0 }]);
  }
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
  // 2 is asked for meanwhile
  bed.data("pump", [1, 3], { lengthBytes: 1000 });
  bed.pass(WINDOW_MS + 10_000);
  const naming = (number: number) =>
    bed.nacks.filter(({ ranges }) => ranges.some(([first]) => first === number));
  expect([naming(0).length, naming(2).length > 0]).toEqual([count, true]);
  expect(bed.lost.find(({ first }) => first === 0)).toMatchObject({
    ...{ first: 0, last: 0, cause: CAUSE.COLLECTOR_DOWN, requests: 10 },
  });
});
