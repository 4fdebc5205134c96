import { ROW, ROW_FLAG } from "../protocol/ledger-row.ts";
import type { LedgerChange } from "./change.ts";
import { encodeDirectory } from "./directory.ts";
import type { Gathered } from "./gather.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { SegmentRow } from "./merge/merge-task.ts";
import type { Sqlite, Statement } from "./open.ts";
import type { BuiltSegment } from "./segment/columns.ts";
import { SegmentBuilder } from "./segment/segment-builder.ts";
import type { SortedDatagrams } from "./segment/sorted-datagrams.ts";
import { CHANGE_FIELDS } from "./view/run-rows.ts";

/** Writes a flush's datagrams as one segment of level 0, inside the flush's transaction. */
export class SegmentWriter {
  readonly #builder = new SegmentBuilder();
  readonly #segment: Statement;
  readonly #data: Statement;
  readonly #late: Statement;

  constructor(db: Sqlite) {
    this.#segment = db.prepare(
      "INSERT INTO segments VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)",
    );
    this.#data = db.prepare("INSERT INTO segment_data VALUES (?, ?, ?)");
    this.#late = db.prepare("INSERT INTO late_segments VALUES (?, ?, ?)");
  }

  /** The datagrams of the last segment written; valid until the next one. */
  get sorted(): SortedDatagrams {
    return this.#builder.sorted;
  }

  /** @param state - the ledger before the change. @returns what was written */
  write({ batches }: Gathered, change: LedgerChange, state: LedgerState): SegmentRow {
    const built = this.#builder.build(batches);
    const unsequenced = unsequencedRuns(change.rows);
    const directory = encodeDirectory(built, (run) => unsequenced.has(run));
    const bytes = built.blob.length + directory.length;
    this.#segment.run(
      change.flush,
      change.committedAtUs,
      built.runs,
      built.datagrams,
      built.readings,
      built.firstTimeUs,
      built.lastTimeUs,
      built.firstReadingTimeUs,
      built.lastReadingTimeUs,
      built.firstArrivalUs,
      built.lastArrivalUs,
      bytes,
      change.flush,
    );
    this.#data.run(change.flush, directory, built.blob);
    const late = lateReaches(built, this.sorted, state);
    for (const [run, reach] of late) this.#late.run(change.flush, run, reach);
    const { runs, datagrams, readings, firstArrivalUs, lastArrivalUs } = built;
    return {
      ...{ segment: change.flush, level: 0, firstSegment: change.flush, chunkSet: 0, firstPage: 0, pages: 0 },
      ...{ runs, datagrams, readings, bytes, firstArrivalUs, lastArrivalUs },
      committedAtUs: change.committedAtUs,
      followsSettled: false,
    };
  }
}

const unsequencedRuns = (rows: Float64Array): ReadonlySet<number> => {
  const runs = new Set<number>();
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    if ((rows[at + ROW.FLAGS]! & ROW_FLAG.UNSEQUENCED) !== 0) runs.add(rows[at + ROW.RUN]!);
  }
  return runs;
};

/**
 * Runs of which a number arrived at or below the high water of the flush before, with the lowest such number: the only segments in which
 * numbers can be lower than in an older one.
 */
const lateReaches = (
  { runNumbers, runDatagrams }: BuiltSegment,
  { sequence }: SortedDatagrams,
  state: LedgerState,
): [run: number, reach: number][] => {
  const reaches: [number, number][] = [];
  for (let index = 0, from = 0; index < runNumbers.length; from += runDatagrams[index++]!) {
    const run = runNumbers[index]!;
    const slot = state.runs.slotOf(run);
    const lowest = sequence[from]!;
    if (slot >= 0 && lowest <= state.runField(slot, ROW.HIGH_WATER)) reaches.push([run, lowest]);
  }
  return reaches;
};
