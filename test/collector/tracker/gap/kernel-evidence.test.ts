import fc from "fast-check";
import { expect, test } from "vitest";
import { BY_EVIDENCE } from "../../../../collector/tracker/gap/gap-fields.ts";
import { heardAlsoBy, isHeardBy, KernelEvidence } from "../../../../collector/tracker/gap/kernel-evidence.ts";
import { CAUSE } from "../../../../protocol/ledger-row.ts";
import { TrackerBed } from "../../../support/tracker-bed.ts";

/** Counters read every 50 ms from 1050 on, one listener; `drops` so far at each reading. */
const readings = (drops: readonly (number | null)[]): KernelEvidence => {
  const evidence = new KernelEvidence();
  evidence.begin(1000);
  for (const [index, count] of drops.entries()) {
    const nowMs = 1050 + 50 * index;
    evidence.sample(nowMs, nowMs, [count]);
  }
  return evidence;
};

const absence = { heardBy: 1, address: "192.0.2.7", port: 5000, fromMs: 1020, toMs: 1200, count: 4 };

test("R14: a loss while the kernel's counter stood still is the network's, one while it moved by as much is the socket's", () => {
  expect(readings([0, 0, 0, 0]).judge(absence)).toBe(CAUSE.NETWORK);
  expect(readings([0, 4, 4, 4]).judge(absence)).toBe(CAUSE.SOCKET_OVERFLOW);
});

test("R14: a drop before and one after a gap leave it to the network", () => {
  const evidence = readings([9, 9, 9, 9, 9, 9, 18, 18]);
  expect(evidence.judge({ ...absence, fromMs: 1060 })).toBe(CAUSE.NETWORK);
});

test("R14: more numbers than the kernel dropped may be either's", () => {
  expect(readings([0, 3, 3, 3]).judge(absence)).toBe(BY_EVIDENCE);
});

test("R14: drops that are taken by one gap explain no other", () => {
  const evidence = readings([0, 5, 5, 5]);
  expect(evidence.judge(absence)).toBe(CAUSE.SOCKET_OVERFLOW);
  expect(evidence.judge(absence)).toBe(BY_EVIDENCE);
});

test("R14: for 10 s around a loss in the network drops blame nobody", () => {
  const evidence = readings([0, 0, 0, 0]);
  evidence.judge(absence);
  evidence.sample(2000, 2000, [100]);
  evidence.sample(20_000, 20_000, [200]);
  evidence.sample(30_000, 30_000, [200]);
  expect(evidence.judge({ ...absence, fromMs: 1500, toMs: 2000 })).toBe(BY_EVIDENCE);
  expect(evidence.judge({ ...absence, fromMs: 19_000, toMs: 20_000 })).toBe(CAUSE.SOCKET_OVERFLOW);
});

test("R14: where several workers judge by one counter it says only that nothing was dropped", () => {
  const judged = [0, 4].map((drops) => {
    const evidence = new KernelEvidence(true);
    evidence.begin(1000);
    for (const nowMs of [1050, 1100, 1150, 1200]) evidence.sample(nowMs, nowMs, [drops * (nowMs - 1000)]);
    return evidence.judge(absence);
  });
  expect(judged).toEqual([CAUSE.NETWORK, BY_EVIDENCE]);
});

test("R14: without a counter nothing is said", () => {
  expect(readings([null, null, null, null]).judge(absence)).toBe(BY_EVIDENCE);
  expect(new KernelEvidence().judge(absence)).toBe(BY_EVIDENCE);
});

test("R14: while a listener was not up nothing is said, afterwards it is again", () => {
  const evidence = readings([0, null, 0, 0, 0, 0, 0]);
  expect(evidence.judge(absence)).toBe(BY_EVIDENCE);
  expect(evidence.judge({ ...absence, fromMs: 1160, toMs: 1300 })).toBe(CAUSE.NETWORK);
});

test("R14: a device heard by several listeners lost to the network only when no socket dropped anything", () => {
  const several = { ...absence, heardBy: [0, 1].reduce(heardAlsoBy, 0) };
  const judged = (...drops: (number | null)[]): number => {
    const evidence = new KernelEvidence();
    evidence.begin(1000);
    for (const nowMs of [1050, 1100, 1150, 1200])
      evidence.sample(nowMs, nowMs, nowMs === 1050 ? [0, 0, 0] : drops);
    return evidence.judge(several);
  };
  expect(judged(0, 0, 0)).toBe(CAUSE.NETWORK);
  expect(judged(0, 4, 0)).toBe(BY_EVIDENCE);
  expect(judged(0, null, 0)).toBe(BY_EVIDENCE);
  // a listener that did not hear it
  expect(judged(0, 0, 4)).toBe(CAUSE.NETWORK);
  expect(judged(0, 0, null)).toBe(CAUSE.NETWORK);
});

test("which listeners a device is heard by is told apart, of one always, of several the first thirty", () => {
  expect(isHeardBy(0, 0)).toBe(false);
  for (const [listeners, heardBy] of [
    [[3], [3]],
    [[40], [40]],
    [
      [0, 29],
      [0, 29],
    ],
    [
      [5, 2, 5],
      [2, 5],
    ],
    [
      [1, 40],
      [1, ...Array.from({ length: 20 }, (_, index) => 30 + index)],
    ],
  ] as const) {
    const heard = listeners.reduce<number>(heardAlsoBy, 0);
    expect(
      Array.from({ length: 50 }, (_, index) => index).filter((index) => isHeardBy(heard, index)),
    ).toEqual(heardBy);
  }
});

test("R14: a datagram of the source that could not be decoded may have been the number", () => {
  const evidence = readings([0, 0, 0, 0]);
  evidence.rejected(absence.address, absence.port, 1100);
  expect(evidence.judge(absence)).toBe(BY_EVIDENCE);
  expect(evidence.judge({ ...absence, fromMs: 1101 })).toBe(CAUSE.NETWORK);
});

test("R14: what the counter says is not known yet blames nobody", () => {
  expect(readings([0, 0, 0]).judge(absence)).toBe(BY_EVIDENCE);
});

test("R14: never are more numbers blamed on a socket than it dropped, also when old spans are joined", () => {
  const drops = fc.array(fc.nat({ max: 9 }), { minLength: 1000, maxLength: 1400, size: "max" });
  const gaps = fc.array(
    fc.record({ at: fc.nat({ max: 1400 }), spans: fc.nat({ max: 40 }), count: fc.nat({ max: 30 }) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(drops, gaps, (moves, absences) => {
      let sum = 0;
      const evidence = readings(moves.map((moved) => (sum += moved)));
      let blamed = 0;
      for (const { at, spans, count } of absences) {
        const fromMs = 1000 + 50 * at;
        const gap = { ...absence, fromMs, toMs: fromMs + 50 * spans, count: count + 1 };
        if (evidence.judge(gap) === CAUSE.SOCKET_OVERFLOW) blamed += count + 1;
      }
      expect(blamed).toBeLessThanOrEqual(sum);
    }),
    { numRuns: 50, seed: 20_261_121 },
  );
});

test("R14: of spans that were joined all drops count, for all of their time", () => {
  const evidence = readings(Array.from({ length: 1100 }, (_, index) => 2 * (index + 1)));
  // the oldest span is of the first 77 readings, of 2 drops each
  const old = { ...absence, fromMs: 1020, toMs: 1040 };
  expect(evidence.judge({ ...old, count: 154 })).toBe(CAUSE.SOCKET_OVERFLOW);
  expect(evidence.judge({ ...old, count: 1 })).toBe(BY_EVIDENCE);
});

test("R14: a device that no listener is known to have heard lost for nobody knows what", () => {
  expect(readings([0, 0, 0, 0]).judge({ ...absence, heardBy: 0 })).toBe(BY_EVIDENCE);
});

test("R14: numbers we shed ourselves take nothing of what the kernel dropped", () => {
  const bed = new TrackerBed();
  const read = (drops: number) => bed.tracker.onKernelDrops(bed.nowMs, bed.nowMs, [drops]);
  bed.data(0);
  bed.shed(2);
  read(2);
  bed.data(4);
  bed.advance(250);
  read(2);
  bed.tick();
  expect(bed.ledger().lost).toEqual({ "socket-overflow": 2, "queue-overflow": 1 });
});

test("R14: what a restarted sender lost first is judged from the last number before", () => {
  const bed = new TrackerBed();
  const read = () => bed.tracker.onKernelDrops(bed.nowMs, bed.nowMs, [0]);
  bed.stream(0, 3);
  read();
  bed.data(2, { epoch: 2 });
  bed.advance(250);
  read();
  bed.tick();
  expect(bed.ledger(2).lost).toEqual({ network: 2 });
});

test("R14: drops go to the lowest gaps first, also where what is due is closed in portions and numbers come in between", () => {
  const bed = new TrackerBed();
  const read = (drops: number) => bed.tracker.onKernelDrops(bed.nowMs, bed.nowMs, [drops]);
  const portion = () => bed.tracker.tick(bed.nowMs, bed.nowMs, bed.wallUs, 2);
  read(0);
  for (const sequence of [0, 2, 4, 6, 8]) bed.data(sequence);
  bed.advance(250);
  read(3);
  expect(portion()).toBe(2);
  expect(bed.data(1)).toBe("late");
  expect([portion(), portion()]).toEqual([2, 0]);
  expect(bed.heardOf("lost")).toEqual([
    "lost 1: 1-1 socket-overflow",
    "lost 1: 3-3 socket-overflow",
    "lost 1: 5-5 socket-overflow",
    "lost 1: 7-7 undetermined",
  ]);
});
