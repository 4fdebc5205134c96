import { expect, test } from "vitest";
import {
  chooseMerge,
  chunkWeight,
  isSettled,
  mergePolicy,
  withoutKept,
} from "../../../db/merge/merge-policy.ts";
import type { SegmentRow } from "../../../db/merge/merge-task.ts";

const SECOND_US = 1_000_000;
const policy = mergePolicy(null, null);

const flush = (segment: number, row: Partial<SegmentRow> = {}): SegmentRow => ({
  ...{ segment, level: 0, firstSegment: segment, chunkSet: 0, firstPage: 0, pages: 0 },
  ...{ runs: 1000, datagrams: 12_500, readings: 12_500, bytes: 50_000 },
  ...{ firstArrivalUs: segment * SECOND_US, lastArrivalUs: (segment + 1) * SECOND_US },
  ...{ committedAtUs: (segment + 1) * SECOND_US, followsSettled: false },
  ...row,
});
const flushes = (count: number, row: Partial<SegmentRow> = {}): SegmentRow[] =>
  Array.from({ length: count }, (_, index) => flush(index + 1, row));
const chosen = (rows: readonly SegmentRow[], isStopping = false): number[] | undefined =>
  chooseMerge(rows, policy, isStopping)?.map(({ segment }) => segment);

test("flushes wait until there are 64 of them, unless the collector stops", () => {
  expect(chosen(flushes(63))).toBeUndefined();
  expect(chosen(flushes(64))).toHaveLength(64);
  expect(chosen(flushes(70))).toHaveLength(64);
  expect(chosen(flushes(3), true)).toEqual([1, 2, 3]);
});

test("flushes that nearly fill their chunks wait for as many again, until they do", () => {
  const of = (readings: number): Partial<SegmentRow> => ({ runs: 1000, readings, bytes: 20_000 });
  // 500 readings a chunk settle it
  const waiting = flushes(64, of(7500));
  expect(chosen(waiting)).toBeUndefined();
  expect(chosen(waiting, true)).toHaveLength(64);
  expect(chosen(flushes(67, of(7500)))).toHaveLength(67);
  expect(chosen(flushes(100, of(7500)))).toHaveLength(67);
  expect(chosen(flushes(127, of(3907)))).toBeUndefined();
  expect(chosen(flushes(128, of(3907)))).toHaveLength(128);
  expect(chosen(flushes(64, of(3900)))).toHaveLength(64);
  // those that follow the first ones would never fill theirs: they wait with them
  expect(
    chosen([
      ...flushes(10, of(40_000)),
      ...flushes(70, of(0)).map((row) => ({ ...row, segment: row.segment + 10 })),
    ]),
  ).toBeUndefined();
  // what would have filled them fails to come
  const hopeful = flushes(64, of(4000));
  expect(chosen([...hopeful, flush(65, of(0))])).toBeUndefined();
  expect(chosen([...hopeful, flush(65, of(0)), flush(66, of(0))])).toHaveLength(66);
});

test("no more flushes are merged at once than 8 MiB of them, heads included, once they fill their chunks", () => {
  expect(chosen(flushes(20, { readings: 100_000, bytes: 2 ** 20 }))).toHaveLength(7);
});

test("of flushes that do not, 24 MiB are merged at once", () => {
  expect(chosen(flushes(40, { bytes: 2 ** 20 }))).toHaveLength(23);
  // 20 of them fill their chunks, and are more than 8 MiB then
  expect(chosen(flushes(40, { readings: 25_000, bytes: 2 ** 20 }))).toHaveLength(19);
});

test("flushes of tiny runs are merged by what they take in memory, two of them however much that is", () => {
  // decoded 20 bytes per datagram and 19 per reading, and 12 bytes of the head per run
  const tiny = { runs: 10_000, datagrams: 12_000, readings: 12_000, bytes: 300_000 };
  expect(chosen(flushes(64, tiny))).toHaveLength(28);
  const wide = { runs: 300_000, datagrams: 450_000, readings: 450_000, bytes: 9_000_000 };
  expect(chosen(flushes(8, wide))).toEqual([1, 2]);
});

test("eight merged segments of a level become one of the next, as long as they are not settled", () => {
  const merged = { level: 1, chunkSet: 1, readings: 10_000 };
  expect(chosen(flushes(7, merged))).toBeUndefined();
  expect(chosen(flushes(8, merged))).toHaveLength(8);
  const [first, ...others] = flushes(9, merged);
  const apart = [first!, { ...others[0]!, followsSettled: true }, ...others.slice(1)];
  expect(chosen(apart)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a merged segment is settled when its chunks are half full or it is half as large as one may be", () => {
  const merged = { level: 1, runs: 10, readings: 4999, bytes: 1000 };
  expect(isSettled(flush(1, merged), policy)).toBe(false);
  expect(isSettled(flush(1, { ...merged, readings: 5000 }), policy)).toBe(true);
  expect(isSettled(flush(1, { ...merged, bytes: 33 * 2 ** 20 }), policy)).toBe(true);
});

test("of a datagram 16 readings count at most, so that a chunk has some of them", () => {
  expect([chunkWeight(10, 7), chunkWeight(10, 100), chunkWeight(10, 10_000)]).toEqual([7, 100, 160]);
  const wide = { level: 1, runs: 1, datagrams: 31, readings: 31_000, bytes: 1000 };
  expect(isSettled(flush(1, wide), policy)).toBe(false);
  expect(isSettled(flush(1, { ...wide, datagrams: 32 }), policy)).toBe(true);
});

test("the newest flushes are kept as they are for a minute, while they are under a mebibyte together", () => {
  const segments = (rows: readonly SegmentRow[]): number => withoutKept(rows, policy).length;
  expect(segments(flushes(20))).toBe(0);
  expect(segments(flushes(100, { bytes: 1000 }))).toBe(39);
  expect(segments(flushes(20, { bytes: 2 ** 19 }))).toBe(18);
});

test("what a stop left behind is merged with the flushes that follow it when it is small beside them", () => {
  const tail = { level: 1, chunkSet: 1 };
  const next = flushes(64).map((row) => ({ ...row, segment: row.segment + 1 }));
  expect(chosen([flush(1, { ...tail, readings: 100 }), ...next])).toHaveLength(65);
  expect(chosen([flush(1, { ...tail, readings: 700_000 }), ...next])).toHaveLength(64);
});
