import type { Batch } from "../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../protocol/ledger-row.ts";
import type { LedgerChange } from "./change.ts";
import { encodeDirectory } from "./directory.ts";
import type { Gathered } from "./gather.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Sqlite, Statement } from "./open.ts";
import { SegmentBuilder } from "./segment/segment-builder.ts";
import { CHANGE_FIELDS } from "./view/run-rows.ts";

/** Writes a flush's datagrams as one segment of level 0, inside the flush's transaction. */
export class SegmentWriter {
  readonly #builder = new SegmentBuilder();
  readonly #segment: Statement;
  readonly #data: Statement;
  readonly #late: Statement;

  constructor(db: Sqlite) {
    this.#segment = db.prepare("INSERT INTO segments VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#data = db.prepare("INSERT INTO segment_data VALUES (?, ?, ?)");
    this.#late = db.prepare("INSERT INTO late_segments VALUES (?, ?, ?)");
  }

  /** @param state - the ledger before the change */
  write({ batches }: Gathered, change: LedgerChange, state: LedgerState): void {
    const built = this.#builder.build(batches);
    const unsequenced = unsequencedRuns(change.rows);
    const directory = encodeDirectory(built, (run) => unsequenced.has(run));
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
      built.blob.length + directory.length,
    );
    this.#data.run(change.flush, directory, built.blob);
    for (const [run, reach] of lateReaches(batches, state)) this.#late.run(change.flush, run, reach);
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
const lateReaches = (batches: readonly Batch[], state: LedgerState): Map<number, number> => {
  const reaches = new Map<number, number>();
  for (const batch of batches) {
    for (let datagram = 0; datagram < batch.datagramCount; datagram++) {
      const run = batch.datagramRun[datagram]!;
      const slot = state.runs.slotOf(run);
      if (slot < 0) continue;
      const sequence = batch.datagramSequence[datagram]!;
      if (sequence > state.runField(slot, ROW.HIGH_WATER)) continue;
      reaches.set(run, Math.min(sequence, reaches.get(run) ?? sequence));
    }
  }
  return reaches;
};
