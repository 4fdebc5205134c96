import fc from "fast-check";
import { expect, test } from "vitest";
import { RunTable } from "../../../../collector/tracker/run/run-table.ts";
import { ROW, ROW_FIELDS } from "../../../../protocol/ledger-row.ts";

const BATCH = 1;

/** One step: of the run that has a place among those there are. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const) }),
  fc.record({
    kind: fc.constantFrom("put" as const, "plus" as const),
    place: fc.nat(20),
    field: fc.integer({ min: ROW.FLAGS, max: ROW_FIELDS - 1 }),
    value: fc.constantFrom(0, 1, 2 ** 40),
  }),
  fc.record({ kind: fc.constant("remove" as const), place: fc.nat(20) }),
  fc.record({ kind: fc.constant("drain" as const), most: fc.integer({ min: 1, max: 5 }) }),
);

const newRow = (run: number): Float64Array => {
  const row = new Float64Array(ROW_FIELDS);
  row.set([run, run, -1, -1]);
  return row;
};

test("rows are what was put into them, whatever had their place before", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const runs = new RunTable(2);
      const there: { slot: number; row: Float64Array }[] = [];
      /** as the last drain gave them, and as they should be then */
      const drained = new Map<number, number[]>();
      const last = new Map<number, number[]>();
      let next = 1;
      for (const each of steps) {
        if (each.kind === "add") {
          const run = next++;
          const slot = runs.add(run, run, 0, -1, 0);
          there.push({ slot, row: newRow(run) });
          runs.touch(slot);
          last.set(run, [...newRow(run)]);
          continue;
        }
        if (each.kind === "drain") {
          const into = new Float64Array(each.most * ROW_FIELDS).fill(Number.NaN);
          const count = runs.drain(into, each.most, BATCH);
          for (let at = 0; at < count; at++) {
            const row = [...into.subarray(at * ROW_FIELDS, (at + 1) * ROW_FIELDS)];
            drained.set(row[ROW.RUN]!, row);
          }
          continue;
        }
        const place = each.place % Math.max(1, there.length);
        const known = there[place];
        if (known === undefined) continue;
        const { slot, row } = known;
        if (each.kind === "remove") {
          runs.remove(slot);
          there.splice(place, 1);
          continue;
        }
        runs.touch(slot);
        runs[each.kind](slot, each.field, each.value);
        row[each.field] = each.kind === "put" ? each.value : row[each.field]! + each.value;
        last.set(row[ROW.RUN]!, [...row]);
        expect(runs.at(slot, each.field)).toBe(row[each.field]);
      }
      const copy = new Float64Array(ROW_FIELDS);
      for (const { slot, row } of there) {
        runs.readRow(slot, copy, 0);
        expect([...copy]).toEqual([...row]);
      }
      while (runs.dirtyCount > 0) {
        runs.drain(copy, 1, BATCH);
        drained.set(copy[ROW.RUN]!, [...copy]);
      }
      expect(drained).toEqual(last);
    }),
    { numRuns: 300 },
  );
});

test("a slot is nobody's once its run is gone and its last row was drained", () => {
  const runs = new RunTable(2);
  const [clean, changed] = [runs.add(1, 1, 0, -1, 0), runs.add(2, 2, 0, -1, 0)];
  runs.touch(changed);
  runs.remove(clean);
  runs.remove(changed);
  expect([runs.at(clean, ROW.RUN), runs.at(changed, ROW.RUN)]).toEqual([0, 2]);
  const row = new Float64Array(ROW_FIELDS);
  runs.drain(row, 1, BATCH);
  expect([row[ROW.RUN], runs.at(changed, ROW.RUN)]).toEqual([2, 0]);
});

test("a row taken over whole is given back whole", () => {
  const runs = new RunTable(2);
  const row = Float64Array.from({ length: ROW_FIELDS }, (_, field) => field + 1);
  const slot = runs.add(1, 1, 0, -1, 0);
  runs.putRow(slot, row);
  const copy = new Float64Array(ROW_FIELDS + 1);
  runs.readRow(slot, copy, 1);
  expect([...copy]).toEqual([0, ...row]);
});

test("nothing is left of the run that had its place before", () => {
  const columnsOf = (runs: RunTable): [string, Float64Array][] =>
    Object.entries(runs).filter(([, column]) => ArrayBuffer.isView(column));
  const ofFirst = (runs: RunTable) =>
    columnsOf(runs).map(([name, column]) => [name, [...column.subarray(0, column.length / runs.capacity)]]);
  const [fresh, used] = [new RunTable(2), new RunTable(2)];
  const slot = used.add(1, 7, 3, 1, 2);
  for (const [, column] of columnsOf(used)) column.fill(1);
  used.remove(slot);
  expect([fresh.add(2, 7, 3, 1, 2), used.add(2, 7, 3, 1, 2)]).toEqual([slot, slot]);
  expect(ofFirst(used)).toEqual(ofFirst(fresh));
});
