import { CAUSES, type Cause, expectedOf, lostOf, ROW, ROW_FLAG, receivedOf } from "./ledger-row.ts";

/** A sum that may pass 2^53 is a bigint, and only then. */
export type Count = number | bigint;

/** The ledger's counters of a run, a device or the fleet, in sequence numbers (docs/ledger.md, "Words"), by the names the API uses. */
export interface LedgerCounts {
  expected: Count;
  received: Count;
  inOrder: Count;
  reordered: Count;
  recovered: Count;
  late: Count;
  missing: Count;
  lost: Count;
  /** accepted and not yet committed */
  pending: Count;
  stored: Count;
  /** removed by retention */
  expired: Count;
  duplicates: Count;
  redundant: Count;
  unsequenced: Count;
  /** open ends in scope (R11): nobody knows how many numbers lie beyond them */
  unknown: Count;
  causes: Record<Cause, Count>;
}

/** What the store adds to a run's row: numbers not yet committed and numbers retention removed. */
export interface RunStorage {
  pending: number;
  expired: number;
}

const hasFlag = (flags: number, flag: number): boolean => (flags & flag) !== 0;

/** R11: which ends of a run are open. A run of unsequenced datagrams has none. @param flags - ROW.FLAGS of it */
export const openEndsOfFlags = (flags: number): { head: boolean; tail: boolean } => {
  const isNumbered = !hasFlag(flags, ROW_FLAG.UNSEQUENCED);
  return {
    head: isNumbered && !hasFlag(flags, ROW_FLAG.HEAD_KNOWN),
    tail: isNumbered && !hasFlag(flags, ROW_FLAG.CURRENT) && !hasFlag(flags, ROW_FLAG.TAIL_KNOWN),
  };
};

/** R11: open ends of one run, 0 to 2. */
export const openEndsOf = (rows: Float64Array, base: number): number => {
  const { head, tail } = openEndsOfFlags(rows[base + ROW.FLAGS]!);
  return Number(head) + Number(tail);
};

/** Where the numbers of a run begin and end, as far as that is known; by the names the API uses. */
export interface RunEnds {
  first: number | null;
  highWater: number | null;
  headKnown: boolean;
  tailKnown: boolean;
}

export const endsOfRow = (row: Float64Array): RunEnds => ({
  first: knownOrNull(row[ROW.FIRST]!),
  highWater: knownOrNull(row[ROW.HIGH_WATER]!),
  headKnown: hasFlag(row[ROW.FLAGS]!, ROW_FLAG.HEAD_KNOWN),
  tailKnown: hasFlag(row[ROW.FLAGS]!, ROW_FLAG.TAIL_KNOWN),
});

/** -1 stands for unknown in a row. */
const knownOrNull = (number: number): number | null => (number < 0 ? null : number);

/** The counters of one run. Every count of a single run is exact below 2^53. */
export const countsOfRow = (row: Float64Array, storage: RunStorage): LedgerCounts => {
  const received = receivedOf(row, 0);
  const causes = {} as Record<Cause, Count>;
  for (const [index, cause] of CAUSES.entries()) causes[cause] = row[ROW.LOST + index]!;
  return {
    expected: expectedOf(row, 0),
    received,
    inOrder: row[ROW.IN_ORDER]!,
    reordered: row[ROW.REORDERED]!,
    recovered: row[ROW.RECOVERED]!,
    late: row[ROW.LATE]!,
    missing: row[ROW.MISSING]!,
    lost: lostOf(row, 0),
    pending: storage.pending,
    stored: received - storage.pending - storage.expired,
    expired: storage.expired,
    duplicates: row[ROW.DUPLICATES]!,
    redundant: row[ROW.REDUNDANT]!,
    unsequenced: row[ROW.UNSEQUENCED]!,
    unknown: openEndsOf(row, 0),
    causes,
  };
};

/** Exact sum of two non-negative counts. */
export const addCounts = (a: Count, b: Count): Count => {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return BigInt(a) + BigInt(b);
};

type Counter = Exclude<keyof LedgerCounts, "causes">;
/** Every counter but `causes`, in the order of the API. */
export const COUNTERS = [
  "expected",
  "received",
  "inOrder",
  "reordered",
  "recovered",
  "late",
  "missing",
  "lost",
  "pending",
  "stored",
  "expired",
  "duplicates",
  "redundant",
  "unsequenced",
  "unknown",
] as const satisfies readonly Counter[];

/** Counters that are all zero. */
export const zeroCounts = (): LedgerCounts => ({
  ...(Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Record<Counter, Count>),
  causes: Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, Count>,
});

/** The sum over runs or devices. */
export const sumCounts = (parts: Iterable<LedgerCounts>): LedgerCounts => {
  const total = zeroCounts();
  for (const part of parts) {
    for (const counter of COUNTERS) total[counter] = addCounts(total[counter], part[counter]);
    for (const cause of CAUSES) total.causes[cause] = addCounts(total.causes[cause], part.causes[cause]);
  }
  return total;
};

/**
 * Loss before and after recovery, in [0, 1]; null where nothing was expected. `raw`: numbers that did not come by themselves in time, those
 * we had to ask for included; `residual`: what is lost for all that. What is missing is undecided and in neither.
 */
export const lossOf = ({
  expected,
  recovered,
  lost,
}: LedgerCounts): { raw: number | null; residual: number | null } => {
  if (Number(expected) === 0) return { raw: null, residual: null };
  return {
    raw: Number(addCounts(recovered, lost)) / Number(expected),
    residual: Number(lost) / Number(expected),
  };
};

/** received / expected in [0, 1]; null where nothing was expected or nothing is numbered (R10). */
export const completenessOf = (received: Count, expected: Count): number | null =>
  Number(expected) === 0 ? null : Number(received) / Number(expected);
