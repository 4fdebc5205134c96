import { addCounts, type LedgerCounts } from "../../protocol/ledger-counts.ts";
import { CAUSES, expectedOf, isUnsequenced, lostOf, ROW, receivedOf } from "../../protocol/ledger-row.ts";
import type { Sqlite } from "../file/open.ts";
import { GapSums } from "../gaps/gap-sums.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { RunExtents, spanOfRow } from "../view/run-extents.ts";
import { CHANGE_FIELDS, RUN } from "../view/run-rows.ts";
import type { StoredRuns } from "./stored-runs.ts";

/** Fields of a row that count something. */
const COUNTS = [
  ROW.IN_ORDER,
  ROW.REORDERED,
  ROW.RECOVERED,
  ROW.LATE,
  ROW.MISSING,
  ...CAUSES.map((_, cause) => ROW.LOST + cause),
  ROW.DUPLICATES,
  ROW.REDUNDANT,
  ROW.UNSEQUENCED,
  ROW.READINGS,
  RUN.EXPIRED,
];

/**
 * Compare the ledger with itself, with its gaps and with what is stored: what holds of every database at every commit (docs/ledger.md).
 * @param state - the ledger with all that a replay adds
 * @param stored - of all segments
 * @returns of each run that breaks something the first thing, then what breaks of the whole, as sentences
 */
export const ledgerMistakes = (db: Sqlite, state: LedgerState, stored: StoredRuns): string[] => {
  const gaps = new GapSums(db);
  const extents = new RunExtents(db);
  const mistakes: string[] = [];
  for (const device of state.devices.slots()) {
    for (const slot of state.runSlots(device)) {
      const mistake = mistakeOfRun(state, slot, gaps, stored, extents);
      if (mistake !== null) mistakes.push(`${nameOf(state, device, slot)}: ${mistake}`);
    }
  }
  for (const run of gaps.runs)
    if (state.runs.slotOf(run) < 0) mistakes.push(`gaps of run_no ${run}, which no device has`);
  return [...mistakes, ...mistakesOfFleet(state, stored)];
};

const nameOf = (state: LedgerState, device: number, slot: number): string => {
  const epoch = state.runField(slot, RUN.EPOCH);
  const numbering = epoch < 0 ? "no epoch" : `epoch ${epoch}`;
  return `device ${state.devices.ids[device]}, ${numbering}, run ${state.runField(slot, RUN.INDEX)}`;
};

const mistakeOfRun = (
  state: LedgerState,
  slot: number,
  gaps: GapSums,
  stored: StoredRuns,
  extents: RunExtents,
): string | null => {
  const row = new Float64Array(CHANGE_FIELDS);
  state.runs.read(slot, row, 0, CHANGE_FIELDS);
  if (!COUNTS.every((field) => Number.isSafeInteger(row[field]) && row[field]! >= 0))
    return "a count that is none";
  const [first, highWater] = [row[ROW.FIRST]!, row[ROW.HIGH_WATER]!];
  const [expected, received] = [expectedOf(row, 0), receivedOf(row, 0)];
  const [missing, lost] = [row[ROW.MISSING]!, lostOf(row, 0)];
  if (expected !== received + missing + lost)
    return `${expected} numbers expected (${first} to ${highWater}), ${received} received, ${missing} missing and ${lost} lost`;
  const run = row[ROW.RUN]!;
  const changed = state.runField(slot, RUN.CHANGED);
  return gaps.mistakeOf(row) ?? mistakeOfStored(row, changed, stored.get(run), extents);
};

type Stored = ReturnType<StoredRuns["get"]>;

const mistakeOfStored = (
  row: Float64Array,
  changed: number,
  stored: Stored,
  extents: RunExtents,
): string | null => {
  // queries look no farther than that
  if (stored !== undefined && stored.newest.firstSegment > changed)
    return `as of flush ${changed}, datagrams of it came with flush ${stored.newest.firstSegment} or later`;
  const hasNone = isUnsequenced(row[ROW.FLAGS]!);
  if (stored !== undefined && stored.isUnsequenced !== hasNone)
    return `datagrams are stored ${hasNone ? "with" : "without"} numbers`;
  const span = spanOfRow(row, { run: row[ROW.RUN]!, expired: row[RUN.EXPIRED]!, changed });
  if (stored !== undefined && !extents.covers(span, stored.oldest, stored.newest))
    return `queries do not find all of it: it did not come when its row, or those of its segments (${stored.oldest.segment} to ${stored.newest.segment}), say it did`;
  // what expires of those without numbers is not counted
  if (hasNone) return null;
  const [received, expired, here] = [receivedOf(row, 0), row[RUN.EXPIRED]!, stored?.datagrams ?? 0];
  return here + expired === received
    ? null
    : `${received} numbers received, ${here} stored and ${expired} expired`;
};

const mistakesOfFleet = (state: LedgerState, stored: StoredRuns): string[] => {
  const mistakes: string[] = [];
  let here = 0n;
  for (const [run, { datagrams, isUnsequenced }] of stored) {
    if (state.runs.slotOf(run) >= 0) continue;
    if (state.forgottenDevices === 0) mistakes.push(`datagrams of run_no ${run}, which no device has`);
    else if (!isUnsequenced) here += BigInt(datagrams);
  }
  const forgotten = state.forgotten.counts();
  if (BigInt(forgotten.stored) !== here && mistakes.length === 0)
    mistakes.push(`forgotten devices: ${forgotten.stored} numbers stored, the segments have ${here}`);
  const mistake = mistakeOfSums(forgotten);
  if (mistake !== null) mistakes.push(`forgotten devices: ${mistake}`);
  const heard = heardOf(state);
  if (BigInt(state.fleet.datagrams) !== heard)
    mistakes.push(
      `fleet: ${state.fleet.datagrams} datagrams, ${heard} of which it is told what became of them`,
    );
  return mistakes;
};

const mistakeOfSums = ({ expected, received, missing, lost }: LedgerCounts): string | null =>
  BigInt(expected) === BigInt(addCounts(received, addCounts(missing, lost)))
    ? null
    : `${expected} numbers expected, ${received} received, ${missing} missing and ${lost} lost`;

/** Datagrams of which something became. */
const heardOf = ({ sums, fleet }: LedgerState): bigint => {
  const { received, duplicates, redundant, unsequenced } = sums.counts();
  const rejected = Object.values(fleet.rejected);
  return [received, duplicates, redundant, unsequenced, fleet.control, fleet.shed, fleet.held, ...rejected]
    .map(BigInt)
    .reduce((sum, count) => sum + count, 0n);
};
