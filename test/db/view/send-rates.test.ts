import { expect, test } from "vitest";
import { SendRates } from "../../../db/view/send-rates.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { NOON_US, rowOf } from "../../support/fake-sources.ts";

const SECOND_US = 1_000_000;

/** A run with the high water `highWater` that was heard last so many seconds after noon. */
const heard = (highWater: number, seconds: number): Float64Array =>
  rowOf({ HIGH_WATER: highWater, LAST_ARRIVAL: NOON_US + seconds * SECOND_US });

/** Each row follows the one before. */
const rateAfter = (rows: readonly Float64Array[]): number | null => {
  const rates = new SendRates();
  let before = rowOf({});
  for (const row of rows) {
    rates.add(0, before, row, 0);
    before = row;
  }
  return rates.of(0);
};

/** 500 numbers a second, of which a flush each quarter of a second tells; read in bursts, so that the learned interval is 8 ms. */
test("is that of the numbers, however they are read", () => {
  const rows = Array.from({ length: 40 }, (_, index) => heard(index * 125, index / 4));
  expect(rateAfter(rows)).toBe(500);
});

test("is not known before two numbers came, nor of another device", () => {
  expect(rateAfter([])).toBeNull();
  expect(rateAfter([heard(7, 0)])).toBeNull();
  const rates = new SendRates();
  rates.add(3, heard(7, 0), heard(8, 1), 0);
  expect([rates.of(2), rates.of(3), rates.of(4)]).toEqual([null, 1, null]);
});

test("of a device that sends once an hour is 1/3600", () => {
  expect(rateAfter([heard(0, 0), heard(1, 3600), heard(2, 7200)])).toBe(0.0002778);
});

test("a burst that two flushes tell of is no rate once the next one has come", () => {
  const bursts = [heard(0, 0), heard(4, 0.001), heard(9, 10), heard(14, 20), heard(19, 30)];
  expect(rateAfter(bursts)).toBeCloseTo(0.5, 1);
});

test("follows a device that sends less often within half a minute", () => {
  const rows = [heard(0, 0), heard(1000, 10), ...[20, 30, 40].map((at) => heard(1000 + (at - 10), at))];
  expect(rateAfter(rows)).toBeLessThan(10);
});

test("is that of now soon after a silence, however long it was", () => {
  const day = 86_400;
  const rows = [heard(0, 0), ...Array.from({ length: 31 }, (_, second) => heard(1 + second, day + second))];
  expect(rateAfter(rows)).toBeGreaterThan(0.9);
});

test("counts lost numbers, and neither copies nor what came late", () => {
  expect(rateAfter([heard(0, 0), heard(99, 9.9)])).toBe(10);
  const late = heard(99, 9.9);
  late[ROW.LATE] = 50;
  late[ROW.DUPLICATES] = 50;
  expect(rateAfter([heard(0, 0), heard(99, 9.9), late])).toBe(10);
});

test("falls while a device sends heartbeats and uses no number", () => {
  const rows = [heard(0, 0), heard(100, 10), heard(100, 40)];
  expect(rateAfter(rows)).toBeLessThan(1);
  expect(rateAfter([...rows, heard(100, 3600)])).toBe(0);
  expect(rateAfter([heard(0, 0), heard(0, 10)])).toBe(0);
});

test("leaves out a clock that is set back", () => {
  expect(rateAfter([heard(0, 100), heard(10, 50), heard(20, 60)])).toBe(1);
});

test("of a device without numbers is that of its datagrams", () => {
  const unsequenced = (count: number, seconds: number) =>
    rowOf({ FLAGS: ROW_FLAG.UNSEQUENCED, UNSEQUENCED: count, LAST_ARRIVAL: NOON_US + seconds * SECOND_US });
  expect(rateAfter([unsequenced(1, 0), unsequenced(21, 5)])).toBe(4);
});

test("is forgotten with the device", () => {
  const rates = new SendRates();
  rates.add(0, heard(0, 0), heard(10, 1), 0);
  rates.clear(0);
  rates.clear(70_000);
  expect(rates.of(0)).toBeNull();
});
