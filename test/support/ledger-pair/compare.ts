import assert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";
import { ROW } from "../../../protocol/ledger-row.ts";
import { normalise, subtract } from "../../../protocol/ranges.ts";
import { assertFleetIdentities, assertPathIdentities, assertRunIdentities } from "../identities.ts";
import type { NaiveDevice } from "../naive-ledger/device.ts";
import type { NaiveLedger } from "../naive-ledger/naive-ledger.ts";
import type { NaiveRun } from "../naive-ledger/run.ts";
import { absentIn, type GapTables, gapRowText } from "./gap-tables.ts";
import { dueFields, fieldsOf, same, sameRange, textOf } from "./ledger-fields.ts";
import { gapRowsOf, receivedOf } from "./naive-gap-rows.ts";
import type { ReportedLedger } from "./reported-ledger.ts";
import type { TrackerSide } from "./tracker-side.ts";

/** What is compared and asserted after an event. Each throws an AssertionError that shows only what differs. */

/** Throws when the two differ. @param what - begins the message */
export function assertEqual(actual: unknown, due: unknown, what: string): void {
  if (isDeepStrictEqual(actual, due)) return;
  assert.fail(`${what}:\n${inspect(difference(actual, due), { depth: 4, maxArrayLength: 50 })}`);
}

/** Every row, every absent range, and how many there are of everything. */
export function compareLedgers(
  { tracker, store, hasArchive }: TrackerSide,
  naive: NaiveLedger,
  what: string,
): void {
  const devices = [...naive.devices.values()];
  const runs = devices.flatMap((device) => device.runs);
  const gaps = runs.flatMap((run) => run.gaps);
  const open = gaps.filter(({ state }) => state === "open");
  assertEqual(tracker.deviceCount, devices.length, `devices after ${what}`);
  // the naive ledger lets nothing out of memory
  if (!hasArchive) assertEqual(tracker.runCount, runs.length, `runs after ${what}`);
  assertEqual(tracker.dirtyRuns + tracker.windowOps, 0, `left to drain after ${what}`);
  assertEqual(tracker.heldCount, devices.filter(({ held }) => held).length, `held after ${what}`);
  if (!hasArchive) assertEqual(tracker.gapCount, gaps.length, `absent ranges after ${what}`);
  assertEqual(tracker.openGapCount, open.length, `open gaps after ${what}`);
  for (const device of devices) for (const run of device.runs) compareRun(store, device, run, what);
  const { paths } = tracker;
  if (paths === null) return;
  const sums = paths.counters.map(({ expected, first, redundant, backed }) => {
    return { expected, first, redundant, backed };
  });
  assertEqual(sums, naive.paths.sums, `paths after ${what}`);
  for (const counters of paths.counters) assertPathIdentities(counters, what);
}

function compareRun(store: ReportedLedger, device: NaiveDevice, run: NaiveRun, what: string): void {
  const where = `run ${run.run} (${device.id}, epoch ${run.epoch}, run ${run.index}) after ${what}`;
  const row = store.rows.get(run.run);
  assert.ok(row !== undefined, `no row of ${where}`);
  const actual = fieldsOf(row);
  const due = dueFields(device, run);
  if (!same(actual, due)) assertEqual(actual, due, where);
  const ranges = store.absentOf(run.run);
  const dueRanges = run.gaps;
  const areEqual =
    ranges.length === dueRanges.length && ranges.every((range, i) => sameRange(range, dueRanges[i]!));
  if (!areEqual) assertEqual(ranges.map(textOf), dueRanges.map(textOf), `absent in ${where}`);
}

/** What the database has of gaps is what the naive ledger knows of them, as of the last commit. */
export function compareGapRows(gapTables: GapTables, naive: NaiveLedger, what: string): void {
  const runs = [...naive.devices.values()].flatMap((device) => device.runs);
  const recordsOfRuns = gapTables.records(runs.map(({ run }) => run));
  for (const run of runs) {
    const where = `run ${run.run} after ${what}`;
    const records = recordsOfRuns.get(run.run) ?? [];
    assertEqual(records.map(gapRowText), gapRowsOf(run), `gap rows of ${where}`);
    const received = subtract(normalise([[run.first, run.highWater]]), absentIn(records));
    if (!run.isUnsequenced) assertEqual(received, receivedOf(run), `received set of ${where}`);
  }
}

/** Of every run that changed, and of the fleet. */
export function assertIdentities({ changed, store }: TrackerSide, what: string): void {
  for (const row of changed) assertRunIdentities(row, what);
  changed.clear();
  const total = { expected: 0, received: 0, inOrder: 0, reordered: 0, recovered: 0, late: 0, missing: 0 };
  const { duplicates, redundant } = store.forgotten;
  const sums = { ...total, lost: 0, duplicates, redundant };
  for (const row of store.rows.values()) {
    sums.duplicates += row[ROW.DUPLICATES]!;
    sums.redundant += row[ROW.REDUNDANT]!;
    sums.inOrder += row[ROW.IN_ORDER]!;
    sums.reordered += row[ROW.REORDERED]!;
    sums.late += row[ROW.LATE]!;
    sums.recovered += row[ROW.RECOVERED]!;
    sums.missing += row[ROW.MISSING]!;
    for (let cause = 0; cause < 6; cause++) sums.lost += row[ROW.LOST + cause]!;
  }
  // those of forgotten devices count as received in order here: their bins are no longer told apart
  sums.inOrder += store.forgotten.received;
  sums.received = sums.inOrder + sums.reordered + sums.recovered + sums.late;
  sums.expected = sums.received + sums.missing + sums.lost;
  const { rejected, ...others } = store.counts;
  assertFleetIdentities(
    { ...sums, ...others, causes: { any: sums.lost }, rejected: { any: rejected }, refusedReadings: {} },
    what,
  );
}

/** Only what differs, tracker and naive ledger beside each other. */
const difference = (tracker: unknown, naive: unknown): unknown => {
  if (!isRecord(tracker) || !isRecord(naive)) return { tracker, naive };
  const keys = Object.keys(tracker).filter((key) => !isDeepStrictEqual(tracker[key], naive[key]));
  return Object.fromEntries(keys.map((key) => [key, { tracker: tracker[key], naive: naive[key] }]));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
