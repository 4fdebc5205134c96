import { type ArrivalSet, mergeArrivals } from "../../protocol/arrival-set.ts";
import { lostOf, ROW } from "../../protocol/ledger-row.ts";
import { normalise, type Range, subtract } from "../../protocol/ranges.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { loadLedger } from "../tables/load.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { RUN } from "../view/run-rows.ts";
import type { QueryBudget } from "./query-budget.ts";
import type { EpochArrivals, ReceivedFound, ReceivedQuery } from "./query-types.ts";

/** Gap rows read for one answer at most: beyond it, older numbers of a run are untold, and further epochs are on the next page. */
const MOST_ROWS = 100_000;

type AbsentRow = [first: number, last: number, isOpen: 0 | 1];

/**
 * Which numbers of a device are here, by declared epoch, from what is stored: first, high water, and what is absent between them. Numbers
 * whose gap rows retention has folded are untold.
 * @param mostRows - for tests; MOST_ROWS otherwise
 * @throws LacunaError `ERR_QUERY_TIMEOUT`
 */
export const queryReceived = (
  db: Sqlite,
  request: ReceivedQuery,
  budget: Pick<QueryBudget, "checkTime">,
  mostRows: number = MOST_ROWS,
): ReceivedFound => {
  const state = loadLedger(db, request.device);
  const absent = new AbsentRows(db);
  const epochs: EpochArrivals[] = [];
  let hasMore = false;
  for (const [epoch, runs] of [...declaredEpochs(state, request)].sort(([a], [b]) => a - b)) {
    hasMore = epochs.length === request.limit || absent.count >= mostRows;
    if (hasMore) break;
    const sets = runs.flatMap((row) => {
      budget.checkTime();
      return setOf(row, absent, mostRows);
    });
    if (sets.length > 0) epochs.push({ epoch, ...mergeAll(sets) });
  }
  return { epochs, hasMore, asOfUs: state.asOfUs };
};

/** By halves: one by one, each of the runs of a sender that counts anew without a new epoch would be merged with all before it. */
const mergeAll = (sets: readonly ArrivalSet[]): ArrivalSet => {
  if (sets.length === 1) return sets[0]!;
  const half = sets.length >>> 1;
  return mergeArrivals(mergeAll(sets.slice(0, half)), mergeAll(sets.slice(half)));
};

/** Rows of the runs of each wanted epoch. */
const declaredEpochs = (
  state: LedgerState,
  { device, epoch: wanted, after }: ReceivedQuery,
): Map<number, Float64Array[]> => {
  const epochs = new Map<number, Float64Array[]>();
  const slot = state.devices.slotOfId(device);
  if (slot < 0) return epochs;
  for (const run of state.runSlots(slot)) {
    const epoch = state.runField(run, RUN.EPOCH);
    if (epoch < 0 || (wanted !== null && epoch !== wanted) || (after !== null && epoch <= after)) continue;
    const rows = epochs.get(epoch);
    if (rows === undefined) epochs.set(epoch, [state.rowOf(run)]);
    else rows.push(state.rowOf(run));
  }
  return epochs;
};

/** None while the run has used no number. */
const setOf = (row: Float64Array, absent: AbsentRows, mostRows: number): ArrivalSet[] => {
  const first = row[ROW.FIRST]!;
  const last = row[ROW.HIGH_WATER]!;
  if (first < 0 || last < first) return [];
  // most runs have none, and to look for them takes longer than all the rest
  if (row[ROW.MISSING]! + lostOf(row, 0) === 0)
    return [{ first, last, received: [[first, last]], untold: [], missing: [] }];
  const { open, lost, exactFrom } = absent.of(row[ROW.RUN]!, Math.max(1, mostRows - absent.count));
  const from = Math.min(Math.max(first, exactFrom), last + 1);
  const told: Range[] = [[from, last]];
  return [
    {
      first,
      last,
      received: subtract(told, normalise([...open, ...lost])),
      untold: normalise([[first, from - 1]]),
      missing: subtract(normalise(open), normalise([[first, from - 1]])),
    },
  ];
};

/** Absent ranges of runs, the newest first. */
class AbsentRows {
  /** rows read so far */
  count = 0;
  readonly #rows: Statement;
  readonly #folded: Statement;

  constructor(db: Sqlite) {
    this.#rows = db
      .prepare(
        `SELECT first, last, 0 FROM gaps WHERE run_no = @run AND state = 'lost'
         UNION ALL SELECT first, last, 1 FROM window_gaps WHERE run_no = @run
         ORDER BY first DESC LIMIT @limit`,
      )
      .raw();
    this.#folded = db
      .prepare("SELECT ifnull(max(last) + 1, 0) FROM folded_gaps WHERE run_no = ? AND state = 'lost'")
      .pluck();
  }

  /** @returns what is absent from `exactFrom` on; below it, it is not known or was too much to read */
  of(run: number, limit: number): { open: Range[]; lost: Range[]; exactFrom: number } {
    const rows = this.#rows.all({ run, limit: limit + 1 }) as AbsentRow[];
    const beyond = rows.length > limit ? rows.pop() : undefined;
    this.count += rows.length;
    const ranges = (isOpen: 0 | 1): Range[] =>
      rows.filter((row) => row[2] === isOpen).map(([first, last]) => [first, last]);
    const folded = this.#folded.get(run) as number;
    return { open: ranges(1), lost: ranges(0), exactFrom: Math.max(folded, (beyond?.[1] ?? -1) + 1) };
  }
}
