import { expect, test } from "vitest";
import { suppressionDelayMs } from "../../../collector/recovery/suppression.ts";
import { VERDICT } from "../../../collector/tracker/types.ts";
import { RecoveryBed, range, rangesOf, WINDOW_MS } from "../../support/recovery-bed.ts";
import { seededRandom } from "../../support/seeded-random.ts";

test("the delay lies between nothing and four round trips", () => {
  expect(suppressionDelayMs(0, 25)).toBe(0);
  expect(suppressionDelayMs(1 - 2 ** -32, 25)).toBeCloseTo(100);
  expect(suppressionDelayMs(1 - 2 ** -32, -1)).toBeCloseTo(200);
});

test("of ten collectors one or two ask before an answer can spare the others theirs", () => {
  const random = seededRandom(7);
  const roundTripMs = 20;
  let asked = 0;
  for (let round = 0; round < 1000; round++) {
    const delays = Array.from({ length: 10 }, () => suppressionDelayMs(random(), roundTripMs));
    const first = Math.min(...delays);
    asked += delays.filter((delay) => delay <= first + roundTripMs).length;
  }
  expect(asked / 1000).toBeLessThan(4);
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
