import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderHold, type Told } from "../../../api/live/order-hold.ts";
import type { RunColumns } from "../../../db/segment/columns.ts";

const columnsOf = (sequences: readonly number[]): RunColumns => ({
  datagramCount: sequences.length,
  readingCount: 0,
  sequence: Float64Array.from(sequences.toSorted((a, b) => a - b)),
  datagramTime: new Float64Array(sequences.length),
  readingStart: new Uint32Array(sequences.length + 1),
  channel: new Uint16Array(0),
  type: new Uint8Array(0),
  readingTime: new Float64Array(0),
  value: new Float64Array(0),
});

/** Late ones are negative. */
const numbers = (told: Told[] | undefined): number[] =>
  (told ?? []).map(({ columns, datagram, isLate }) => columns.sequence[datagram]! * (isLate ? -1 : 1));

const flushed = (hold: OrderHold, ...sequences: number[]): number[] => {
  const runs =
    sequences.length === 0 ? [] : [{ run: 1, columns: columnsOf(sequences), isUnsequenced: false }];
  return numbers(hold.advance(runs).get(1));
};

test("what is in order is told at once", () => {
  const hold = new OrderHold();
  expect([flushed(hold, 5, 6, 7), flushed(hold, 8, 9)]).toEqual([
    [5, 6, 7],
    [8, 9],
  ]);
  expect(hold.isHolding).toBe(false);
});

test("what lies behind an absent number is held until the next flush, and the number takes its place", () => {
  const hold = new OrderHold();
  expect(flushed(hold, 1, 2, 4, 5)).toEqual([1, 2]);
  expect(hold.isHolding).toBe(true);
  expect(flushed(hold, 3, 6)).toEqual([3, 4, 5, 6]);
});

test("an absent number holds nothing back beyond the next flush, and is late after it", () => {
  const hold = new OrderHold();
  expect(flushed(hold, 1, 3)).toEqual([1]);
  expect(flushed(hold, 4)).toEqual([3, 4]);
  expect(flushed(hold, 2, 5)).toEqual([-2, 5]);
});

test("a run that falls silent is told by the flush of others", () => {
  const hold = new OrderHold();
  flushed(hold, 1, 3);
  expect(flushed(hold)).toEqual([3]);
  expect(hold.isHolding).toBe(false);
});

test("without a flush that follows the rest is told, and then nothing is left", () => {
  const hold = new OrderHold();
  flushed(hold, 1, 3);
  expect(numbers(hold.rest().get(1))).toEqual([3]);
  expect([hold.isHolding, flushed(hold, 2, 4)]).toEqual([false, [-2, 4]]);
});

test("datagrams without numbers are told as they come", () => {
  const hold = new OrderHold();
  const told = hold.advance([{ run: 1, columns: columnsOf([0, 5, 9]), isUnsequenced: true }]);
  expect(numbers(told.get(1))).toEqual([0, 5, 9]);
});

test("every number is told once, what is not late in order, whatever the flushes bring", () => {
  const flushes = fc.uniqueArray(fc.nat(60), { maxLength: 60, size: "max" }).chain((sequences) =>
    fc.array(fc.nat(8), { minLength: sequences.length, maxLength: sequences.length }).map((cuts) => {
      const grouped: number[][] = Array.from({ length: 9 }, () => []);
      for (const [index, sequence] of sequences.entries()) grouped[cuts[index]!]!.push(sequence + 1);
      return grouped;
    }),
  );
  fc.assert(
    fc.property(flushes, (grouped) => {
      const hold = new OrderHold();
      const told = grouped.flatMap((sequences) => flushed(hold, ...sequences));
      told.push(...numbers(hold.rest().get(1)));
      expect(told.map(Math.abs).sort((a, b) => a - b)).toEqual(grouped.flat().sort((a, b) => a - b));
      const inOrder = told.filter((number) => number > 0);
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});
