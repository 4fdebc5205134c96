import { intersect, normalise, type Range, sizeOf, subtract, union } from "../../protocol/ranges.ts";
import type { TruthRecord } from "../truth/truth.ts";
import { BLAMED_CAUSES, type BlamedCause } from "./report.ts";
import type { AuditGap, AuditRun } from "./source.ts";

/**
 * What the ledger of one run has to say, by the truth (docs/cli.md, "audit"): with D = dropped and corrupted and X = what the collector's side explains,
 * received = [0, next) - D - X, and lost or missing = D within [first, highWater] and X from `first` on.
 */
export interface Expectation {
  /** [0, next) */
  used: readonly Range[];
  dropped: readonly Range[];
  corrupted: readonly Range[];
  /** part of X: numbers below `first` of an epoch that began before the collector listened */
  unheard: readonly Range[];
  /** part of X: absent for a cause on the collector's side */
  blamed: readonly Range[];
  received: readonly Range[];
  /** what must be lost or missing in the ledger */
  absent: readonly Range[];
  /** sum of (k - 1) over the copies */
  extraCopies: number;
  /** numbers of which an intact copy left on both paths; 0 with one */
  onBothPaths: number;
}

const rangeOf = (first: number, last: number): Range[] => (first <= last ? [[first, last]] : []);

/** [first, highWater] of a run. */
export const spanOf = ({ first, highWater }: AuditRun): Range[] =>
  first === null || highWater === null ? [] : rangeOf(first, highWater);

export const isBlamed = (gap: AuditGap): gap is AuditGap & { cause: BlamedCause } =>
  gap.state === "lost" && BLAMED_CAUSES.some((cause) => cause === gap.cause);

/** Numbers of a start that left the simulator intact, whatever became of them. */
export const deliveredOf = ({
  next,
  dropped,
  corrupted,
}: Pick<TruthRecord, "next" | "dropped" | "corrupted">): Range[] =>
  subtract(rangeOf(0, next - 1), normalise([...dropped, ...corrupted]));

export const expectationOf = (
  record: TruthRecord,
  run: AuditRun,
  gaps: readonly AuditGap[],
  beganBeforeListening: boolean,
): Expectation => {
  const used = rangeOf(0, record.next - 1);
  const dropped = normalise(record.dropped);
  const corrupted = normalise(record.corrupted);
  const impaired = union(dropped, corrupted);
  const unheard = beganBeforeListening ? intersect(used, rangeOf(0, (run.first ?? 0) - 1)) : [];
  const blamed = normalise(gaps.filter(isBlamed).map(({ first, last }) => [first, last]));
  const explained = union(unheard, blamed);
  return {
    used,
    dropped,
    corrupted,
    unheard,
    blamed,
    received: subtract(used, union(impaired, explained)),
    absent: union(intersect(impaired, spanOf(run)), blamed),
    onBothPaths: onBothPaths(record),
    extraCopies: record.copies.reduce((sum, [first, last, k]) => sum + (last - first + 1) * (k - 1), 0),
  };
};

const onBothPaths = ({ next, paths }: TruthRecord): number => {
  const [a, b] = paths ?? [];
  if (a === undefined || b === undefined) return 0;
  return sizeOf(intersect(deliveredOf({ next, ...a }), deliveredOf({ next, ...b })));
};
