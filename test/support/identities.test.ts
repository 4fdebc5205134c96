import { expect, test } from "vitest";
import { CAUSE, ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { assertFleetIdentities, assertRunIdentities } from "./identities.ts";

const soundTotal = () => ({
  expected: 12,
  received: 9,
  inOrder: 5,
  reordered: 2,
  recovered: 1,
  late: 1,
  missing: 1,
  lost: 2,
  pending: 3,
  stored: 4,
  expired: 2,
  duplicates: 6,
  redundant: 7,
  unsequenced: 8,
  unknown: 1,
  completeness: 9 / 12,
  causes: { network: 0, "queue-overflow": 2 },
  datagrams: 9 + 6 + 7 + 8 + 11 + 12 + 13 + 14,
  control: 11,
  shed: 12,
  held: 13,
  rejected: { truncated: 10, "bad-magic": 4 },
  refusedReadings: { "unknown-type": 1 },
});

const soundRow = () => {
  const row = new Float64Array(ROW_FIELDS);
  row[ROW.FIRST] = 5;
  row[ROW.HIGH_WATER] = 9;
  row[ROW.IN_ORDER] = 2;
  row[ROW.LATE] = 1;
  row[ROW.MISSING] = 1;
  row[ROW.LOST + CAUSE.COLLECTOR_DOWN] = 1;
  return row;
};

test("a sound fleet total passes", () => {
  expect(() => assertFleetIdentities(soundTotal())).not.toThrow();
});

test.each(Object.keys(soundTotal()).filter((field) => !["unknown", "refusedReadings"].includes(field)))(
  "a fleet total whose %s is off by one is refused and the message names it",
  (field) => {
    const total: Record<string, unknown> = soundTotal();
    const value = total[field];
    total[field] = typeof value === "number" ? value + 1 : { "queue-overflow": 3, "bad-magic": 1 };
    expect(() => assertFleetIdentities(total)).toThrow(field);
  },
);

test.each([-1, 0.5, Number.NaN, "3", null])("a counter that is %s is refused", (value) => {
  expect(() => assertRunIdentities({ ...soundTotal(), duplicates: value })).toThrow("duplicates");
});

test("a sound ledger row passes", () => {
  expect(() => assertRunIdentities(soundRow())).not.toThrow();
});

test("a ledger row is read from its base", () => {
  const rows = new Float64Array(2 * ROW_FIELDS).fill(-1);
  rows.set(soundRow(), ROW_FIELDS);
  expect(() => assertRunIdentities(rows, "second", ROW_FIELDS)).not.toThrow();
});

test("a ledger row with a number in no bin is refused under the name given", () => {
  const row = soundRow();
  row[ROW.MISSING] = 0;
  expect(() => assertRunIdentities(row, "pump-7 epoch 3")).toThrow("pump-7 epoch 3");
});

test("a run whose first and high water do not span what is expected is refused", () => {
  expect(() => assertRunIdentities({ ...soundTotal(), first: 1, highWater: 11 })).toThrow("highWater");
});

test("sums past 2^53 stay exact", () => {
  const huge = 2n ** 60n;
  const ledger = {
    ...soundTotal(),
    expected: huge + 9n,
    missing: 0n,
    lost: huge,
    causes: { network: huge },
    completeness: 9 / Number(huge + 9n),
  };
  expect(() => assertRunIdentities(ledger)).not.toThrow();
  expect(() => assertRunIdentities({ ...ledger, lost: huge + 1n })).toThrow("lost");
});
