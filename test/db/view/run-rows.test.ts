import { expect, test } from "vitest";
import { newRow, RUN, RUN_FIELDS, RunRows } from "../../../db/view/run-rows.ts";
import { ROW } from "../../../protocol/ledger-row.ts";

const PAGE_RUNS = 1024;

const rowAt = (runs: RunRows, slot: number): Float64Array => {
  const row = new Float64Array(RUN_FIELDS);
  runs.read(slot, row);
  return row;
};

const newRowOf = (run: number, device: number): Float64Array => {
  const row = newRow(run);
  row[ROW.DEVICE] = device;
  return row;
};

test("a new run knows its number, its device and nothing else", () => {
  const runs = new RunRows();
  const slot = runs.add(7, 3);
  expect(rowAt(runs, slot)).toEqual(newRowOf(7, 3));
  expect(runs.get(slot, ROW.FIRST)).toBe(-1);
  expect(runs.get(slot, ROW.LOST)).toBe(0);
});

test("every field of a row comes back as it was written", () => {
  const runs = new RunRows();
  const row = Float64Array.from({ length: RUN_FIELDS }, (_, field) => field * 1.5 + 1);
  const slot = runs.add(1, 1);
  runs.write(slot, row);
  expect(rowAt(runs, slot)).toEqual(row);
});

test("a value in one run leaves its neighbours of the page as they were", () => {
  const runs = new RunRows();
  const [before, slot, behind] = [runs.add(1, 1), runs.add(2, 1), runs.add(3, 1)];
  for (let field = ROW.FIRST; field < RUN_FIELDS; field++) runs.set(slot, field, 9);
  expect(rowAt(runs, before)).toEqual(newRowOf(1, 1));
  expect(rowAt(runs, behind)).toEqual(newRowOf(3, 1));
});

test("a value set back to that of an unknown run is read as such", () => {
  const runs = new RunRows();
  const slot = runs.add(1, 1);
  runs.set(slot, ROW.FIRST, 12);
  runs.set(slot, ROW.FIRST, -1);
  runs.set(slot, ROW.MISSING, 4);
  runs.set(slot, ROW.MISSING, 0);
  expect(rowAt(runs, slot)).toEqual(newRowOf(1, 1));
});

test("a negative zero is not taken for the zero of an unknown run", () => {
  const runs = new RunRows();
  const slot = runs.add(1, 1);
  runs.set(slot, ROW.CLOCK_BASE, -0);
  expect(Object.is(runs.get(slot, ROW.CLOCK_BASE), -0)).toBe(true);
});

test("the slot of a removed run holds nothing of it when it is used again", () => {
  const runs = new RunRows();
  const slot = runs.add(1, 1);
  runs.write(slot, new Float64Array(RUN_FIELDS).fill(5));
  runs.remove(1);
  expect(runs.slotOf(1)).toBe(-1);
  expect(runs.add(2, 8)).toBe(slot);
  expect(rowAt(runs, slot)).toEqual(newRowOf(2, 8));
});

test("only the asked number of fields is read, to the asked place", () => {
  const runs = new RunRows();
  const slot = runs.add(4, 6);
  const rows = new Float64Array(5).fill(77);
  runs.read(slot, rows, 1, 3);
  expect([...rows]).toEqual([77, 4, 6, -1, 77]);
});

test("runs of many pages are told apart", () => {
  const runs = new RunRows();
  const slots = Array.from({ length: 3 * PAGE_RUNS }, (_, run) => runs.add(run + 1, 1));
  for (const [run, slot] of slots.entries()) if (run % 500 === 0) runs.set(slot, RUN.EXPIRED, run + 1);
  const expired = slots.map((slot) => runs.get(slot, RUN.EXPIRED));
  expect(expired).toEqual(slots.map((_, run) => (run % 500 === 0 ? run + 1 : 0)));
  expect(runs.size).toBe(3 * PAGE_RUNS);
});

test("many runs of which only a few fields are known take the memory of these", () => {
  const runs = new RunRows();
  const before = process.memoryUsage().arrayBuffers;
  for (let run = 1; run <= 100_000; run++) runs.set(runs.add(run, run), ROW.IN_ORDER, 1);
  const used = process.memoryUsage().arrayBuffers - before;
  // three columns and the map of numbers
  expect(used).toBeLessThan(100_000 * 8 * 8);
});

test("a column of small integers becomes wider with the first value that is none, and loses nothing", () => {
  const runs = new RunRows();
  const slots = Array.from({ length: 4 }, (_, index) => runs.add(index + 1, 1));
  const values = [7, 2 ** 31 - 1, 2 ** 31, 0.5];
  for (const [index, slot] of slots.entries()) {
    runs.set(slot, ROW.HIGH_WATER, values[index]!);
    expect(slots.map((each) => runs.get(each, ROW.HIGH_WATER))).toEqual([
      ...values.slice(0, index + 1),
      ...Array.from({ length: slots.length - index - 1 }, () => -1),
    ]);
  }
});
