import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import type { BuiltSegment, SegmentSummary } from "../segment/columns.ts";
import { encodeDirectory } from "../segment/directory.ts";
import { SegmentBuilder } from "../segment/segment-builder.ts";
import type { SortedDatagrams } from "../segment/sorted-datagrams.ts";
import type { LedgerChange } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { CHANGE_FIELDS } from "../view/run-rows.ts";
import type { Gathered } from "./gather.ts";

/** A segment of level 0 as the row of its flush has it. */
export interface FlushedSegment extends SegmentSummary {
  bytes: number;
  directory: Uint8Array;
  data: Uint8Array;
}

const NOTHING = new Uint8Array(0);
/** Of a flush that brought no datagrams. */
export const NO_SEGMENT: FlushedSegment = {
  runs: 0,
  datagrams: 0,
  readings: 0,
  firstTimeUs: 0,
  lastTimeUs: 0,
  firstReadingTimeUs: 0,
  lastReadingTimeUs: 0,
  firstArrivalUs: 0,
  lastArrivalUs: 0,
  bytes: 0,
  directory: NOTHING,
  data: NOTHING,
};

/** Makes one segment of level 0 of a flush's datagrams, inside the flush's transaction. */
export class SegmentWriter {
  readonly #builder = new SegmentBuilder();
  readonly #late: Statement;
  #highWaters: ReadonlyMap<number, number> = new Map();

  constructor(db: Sqlite) {
    this.#late = db.prepare("INSERT INTO late_segments VALUES (?, ?, ?)");
  }

  /** The datagrams of the last segment made; valid until the next one. */
  get sorted(): SortedDatagrams {
    return this.#builder.sorted;
  }

  /** Of the runs of which the last segment made has late numbers, the high water before it; valid until the next one. */
  get highWaters(): ReadonlyMap<number, number> {
    return this.#highWaters;
  }

  /** @param state - the ledger before the change. @returns what the row of the flush is to hold; its late runs have been written */
  make({ batches }: Gathered, change: LedgerChange, state: LedgerState): FlushedSegment {
    const { blob, runNumbers, runDatagrams, ...summary } = this.#builder.build(batches);
    const unsequenced = unsequencedRuns(change.rows);
    const runs = { runNumbers, runDatagrams };
    const directory = encodeDirectory(runs, (run) => unsequenced.has(run));
    const late = lateReaches(runs, this.sorted, state);
    for (const { run, reach } of late) this.#late.run(change.flush, run, reach);
    this.#highWaters = new Map(late.map(({ run, highWater }) => [run, highWater]));
    return { ...summary, bytes: blob.length + directory.length, directory, data: blob };
  }
}

const unsequencedRuns = (rows: Float64Array): ReadonlySet<number> => {
  const runs = new Set<number>();
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    if (isUnsequenced(rows[at + ROW.FLAGS]!)) runs.add(rows[at + ROW.RUN]!);
  }
  return runs;
};

/**
 * Runs of which a number arrived at or below the high water of the flush before, with that and the lowest such number: the only segments in
 * which numbers can be lower than in an older one.
 */
const lateReaches = (
  { runNumbers, runDatagrams }: Pick<BuiltSegment, "runNumbers" | "runDatagrams">,
  { sequence }: SortedDatagrams,
  state: LedgerState,
): { run: number; reach: number; highWater: number }[] => {
  const reaches = [];
  for (let index = 0, from = 0; index < runNumbers.length; from += runDatagrams[index++]!) {
    const run = runNumbers[index]!;
    const slot = state.runs.slotOf(run);
    if (slot < 0) continue;
    const reach = sequence[from]!;
    const highWater = state.runField(slot, ROW.HIGH_WATER);
    if (reach <= highWater) reaches.push({ run, reach, highWater });
  }
  return reaches;
};
