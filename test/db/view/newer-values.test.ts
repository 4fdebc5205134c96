import { expect, test } from "vitest";
import { emptyEntry } from "../../../db/view/latest-values.ts";
import { isNewer, takesFrom } from "../../../db/view/newer-values.ts";
import { RUN, RunRows } from "../../../db/view/run-rows.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";

const [EARLIER, LATER, UNKNOWN] = [3, 5, 9];

interface Fields {
  epoch?: number;
  first?: number;
  highWater?: number;
  heardAt?: number;
  flags?: number;
}

/** Both runs of one epoch, the later one above the earlier one, neither of them current, the later one heard last. */
const runsOf = (earlier: Fields, later: Fields): RunRows => {
  const runs = new RunRows();
  const add = (run: number, { epoch = 7, first = 100, highWater = 109, heardAt = 10, flags = 0 }: Fields) => {
    const slot = runs.add(run, 1);
    const fields = [
      [RUN.EPOCH, epoch],
      [ROW.FIRST, first],
      [ROW.HIGH_WATER, highWater],
      [ROW.HIGH_WATER_AT, heardAt],
      [ROW.FLAGS, flags],
    ] as const;
    for (const [field, value] of fields) runs.set(slot, field, value);
  };
  add(EARLIER, earlier);
  add(LATER, { first: 200, highWater: 209, heardAt: 20, ...later });
  return runs;
};

const KEPT = { first: 0, highWater: 99 };
const { CURRENT, UNSEQUENCED } = ROW_FLAG;

test.each<[what: string, earlier: Fields, later: Fields, { fresh: boolean; late: boolean }]>([
  ["what came after", {}, {}, { fresh: true, late: true }],
  ["where the earlier run was heard on", { heardAt: 21 }, {}, { fresh: true, late: false }],
  ["where both were heard at once", { heardAt: 20 }, {}, { fresh: true, late: true }],
  ["what the device had kept from before", {}, KEPT, { fresh: false, late: false }],
  [
    "what reaches the first number of the earlier one",
    {},
    { ...KEPT, highWater: 100 },
    { fresh: true, late: true },
  ],
  ["numbers below, on which it is heard", {}, { ...KEPT, flags: CURRENT }, { fresh: true, late: true }],
  ["numbers below, of another epoch", {}, { ...KEPT, epoch: 8 }, { fresh: true, late: true }],
  ["numbers below, without an epoch", { epoch: -1 }, { ...KEPT, epoch: -1 }, { fresh: true, late: true }],
])("from an earlier run the later one takes a value: %s", (_, earlier, later, { fresh, late }) => {
  const runs = runsOf(earlier, later);
  expect([takesFrom(runs, LATER, false, EARLIER), takesFrom(runs, LATER, true, EARLIER)]).toEqual([
    fresh,
    late,
  ]);
});

test("from a later run the earlier one takes a value where the device is heard on it, or it has no numbers, and it is not late", () => {
  for (const [flags, takes] of [
    [0, false],
    [CURRENT, true],
    [UNSEQUENCED, true],
    [CURRENT | UNSEQUENCED, true],
  ] as const) {
    const runs = runsOf({ flags }, {});
    expect([takesFrom(runs, EARLIER, false, LATER), takesFrom(runs, EARLIER, true, LATER)]).toEqual([
      takes,
      false,
    ]);
  }
});

test("of runs of which one is not known the later one takes values", () => {
  const runs = runsOf({ flags: CURRENT }, {});
  const pairs = [
    [UNKNOWN, LATER],
    [LATER, UNKNOWN],
    [UNKNOWN, UNKNOWN + 1],
    [UNKNOWN + 1, UNKNOWN],
  ] as const;
  for (const isLate of [false, true])
    expect(pairs.map(([run, other]) => takesFrom(runs, run, isLate, other))).toEqual([
      true,
      false,
      false,
      true,
    ]);
});

test.each<[what: string, earlier: Fields, later: Fields, newerOf: (string | null)[]]>([
  ["neither is heard", {}, {}, ["later", "later", "later"]],
  ["it is heard on the earlier one", { flags: CURRENT }, {}, ["earlier", "later", "later"]],
  ["it is heard on the later one", {}, { flags: CURRENT }, ["later", "later", "later"]],
  ["the later one is what it had kept", {}, KEPT, ["earlier", "earlier", "earlier"]],
])("of the values of two runs one is newer, whichever is asked about: %s", (_, earlier, later, newer) => {
  const runs = runsOf(earlier, later);
  const entry = (run: number, flush: number) => ({ ...emptyEntry(), run, flush });
  // the earlier run's value came in a later flush, in the same, and in an earlier one
  const found = [4, 3, 2].map((flush) => {
    const [one, other] = [entry(EARLIER, flush), entry(LATER, 3)];
    expect(isNewer(runs, other, one)).toBe(!isNewer(runs, one, other));
    return isNewer(runs, one, other) ? "earlier" : "later";
  });
  expect(found).toEqual(newer);
});

test("of two values of one run the one of the later flush is newer, of one flush each", () => {
  const runs = runsOf({}, {});
  const entry = (flush: number) => ({ ...emptyEntry(), run: LATER, flush });
  expect([2, 3, 4].map((flush) => isNewer(runs, entry(flush), entry(3)))).toEqual([false, true, true]);
});
