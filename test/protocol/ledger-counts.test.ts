import { expect, test } from "vitest";
import {
  addCounts,
  completenessOf,
  countsOfRow,
  lossOf,
  openEndsOf,
  sumCounts,
  zeroCounts,
} from "../../protocol/ledger-counts.ts";
import { ROW_FLAG, receivedOf } from "../../protocol/ledger-row.ts";
import { rowOf, usualRow } from "../support/fake-sources.ts";
import { assertRunIdentities } from "../support/identities.ts";

test("the counters of a row keep the identities", () => {
  const counts = countsOfRow(usualRow(), { pending: 5, expired: 10 });
  expect(counts).toMatchObject({ expected: 100, received: 97, lost: 2, stored: 82, pending: 5, expired: 10 });
  expect(counts.causes["queue-overflow"]).toBe(2);
  assertRunIdentities({ ...counts });
});

test("loss is told before and after recovery; what is missing is in neither", () => {
  const counts = { ...zeroCounts(), expected: 10_000, recovered: 207, lost: 3, missing: 40 };
  expect(lossOf(counts)).toEqual({ raw: 0.021, residual: 0.0003 });
  expect(lossOf(zeroCounts())).toEqual({ raw: null, residual: null });
});

test("a row is read where it begins", () => {
  const rows = new Float64Array([...rowOf({}), ...usualRow()]);
  expect(receivedOf(rows, rows.length / 2)).toBe(97);
});

test.each([
  ["current run that began while we listened", ROW_FLAG.HEAD_KNOWN | ROW_FLAG.CURRENT, 0],
  ["current run without a known head", ROW_FLAG.CURRENT, 1],
  ["former run without known ends", 0, 2],
  ["former run with a known tail", ROW_FLAG.HEAD_KNOWN | ROW_FLAG.TAIL_KNOWN, 0],
  ["run without numbers", ROW_FLAG.UNSEQUENCED, 0],
])("open ends of a %s", (_name, flags, ends) => {
  expect(openEndsOf(rowOf({ FLAGS: flags }), 0)).toBe(ends);
});

test("a sum is a number up to 2^53 - 1 and an exact bigint beyond", () => {
  expect(addCounts(2 ** 53 - 2, 1)).toBe(2 ** 53 - 1);
  expect(addCounts(2 ** 53 - 1, 2)).toBe(9_007_199_254_740_993n);
  expect(addCounts(9_007_199_254_740_993n, 1)).toBe(9_007_199_254_740_994n);
});

test("the sum over runs adds every counter and every cause", () => {
  const counts = countsOfRow(usualRow(), { pending: 1, expired: 2 });
  const total = sumCounts([counts, counts, zeroCounts()]);
  expect(total).toMatchObject({ expected: 200, missing: 2, duplicates: 8, expired: 4 });
  expect(total.causes["queue-overflow"]).toBe(4);
});

test("completeness is null where nothing was expected", () => {
  expect([completenessOf(0, 0), completenessOf(97, 100), completenessOf(1n, 2n)]).toEqual([null, 0.97, 0.5]);
});
