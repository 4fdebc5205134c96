import type { Clock } from "../../common/clock.ts";
import type { Note } from "../../protocol/batch.ts";
import { sumFleets } from "../../protocol/fleet-counters.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import type { SegmentRow } from "../merge/merge-task.ts";
import type { Doomed } from "../retention/retention.ts";
import { encodeRecord } from "../tables/journal.ts";
import type { StateRow } from "../tables/state-row.ts";
import { downAfter, type LedgerChange } from "../view/change.ts";
import { emptyLatest } from "../view/latest-values.ts";
import { changedRows, type Gathered, holdsDatagrams } from "./gather.ts";
import { keptNotes } from "./kept-names.ts";
import { takeNewest } from "./newest.ts";
import { type FlushedSegment, NO_SEGMENT } from "./segment-writer.ts";
import type { WriterParts } from "./writer-parts.ts";

/** What one flush writes, in one transaction, and what is known differently once it is committed. */
export class FlushTransaction {
  readonly #parts: WriterParts;
  readonly #clock: Clock;
  readonly #changes = new ByteWriter();
  #leftOutNames = 0;

  constructor(parts: WriterParts, clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
  }

  /** descriptions there was no room for, since the start */
  get leftOutNames(): number {
    return this.#leftOutNames;
  }

  /**
   * Write what was gathered and remove what is doomed. After an exception `undo` must follow: nothing is written then.
   * @param before - the state row as the last transaction left it
   * @returns the change, null when only tables were brought up to date or old events removed; and the state row
   */
  commit(
    gathered: Gathered,
    doomed: Doomed,
    before: StateRow,
  ): { change: LedgerChange | null; row: StateRow } {
    const { db, state, checkpoint, retention, merging, freePages, statements } = this.#parts;
    // readings and gap rows that go change answers, also where no number of the ledger expires with them
    const brings = gathered.batches.length > 0 || doomed.segments.length > 0 || doomed.hasGaps;
    const { notes, leftOut } = keptNotes(gathered.notes, state);
    const change = brings ? this.#changeOf(gathered, notes, doomed, before.lastFlush + 1) : null;
    const row = rowAfter(before, gathered, change);
    const segment = db
      .transaction(() => {
        checkpoint.step(gathered.forgottenDevices, this.#clock.monotonicMs());
        retention.remove(doomed);
        merging.sweep();
        freePages.giveBack();
        row.replayFrom = checkpoint.replayFrom(row.lastFlush + (change === null ? 1 : 0));
        if (change !== null) return this.#write(gathered, change, before, row);
        statements.updateState(before, row, state.fleet);
        return null;
      })
      .immediate();
    merging.removed(doomed.segments, doomed.readings);
    if (segment !== null) merging.added(segment);
    this.#settle(gathered, change);
    this.#leftOutNames += leftOut;
    return { change, row };
  }

  /** The transaction failed: what was noted for it is forgotten. */
  undo(): void {
    this.#parts.checkpoint.undo();
    this.#parts.gaps.undo();
  }

  #changeOf(gathered: Gathered, notes: readonly Note[], doomed: Doomed, flush: number): LedgerChange {
    return {
      flush,
      committedAtUs: this.#clock.wallUs(),
      notes,
      rows: changedRows(gathered, this.#parts.state, doomed.expired),
      latest: emptyLatest(),
      forgottenExpired: doomed.forgottenExpired,
      fleet: sumFleets(gathered.fleets),
      down: downAfter(this.#parts.state.down, gathered.events),
    };
  }

  /** @returns the segment written, null when there is nothing in it */
  #write(gathered: Gathered, change: LedgerChange, before: StateRow, row: StateRow): SegmentRow | null {
    const { state, statements, segmentWriter, gaps, checkpoint } = this.#parts;
    const segment = holdsDatagrams(gathered) ? segmentWriter.make(gathered, change, state) : NO_SEGMENT;
    statements.insertFlush(row, change.fleet, segment, encodeRecord(this.#changes, state, change));
    statements.prune(before, row);
    gaps.apply(gathered.batches, gathered.forgottenRuns);
    gaps.forget(gathered.forgottenRuns);
    for (const device of gathered.forgottenDevices) checkpoint.forget(device);
    statements.insertEvents(gathered.events, (device) => this.#idOf(device, gathered));
    if (gathered.forgottenDevices.size > 0 || change.forgottenExpired > 0) {
      statements.updateForgotten(state, change);
    }
    return segment === NO_SEGMENT ? null : mergeRowOf(change, segment);
  }

  #settle(gathered: Gathered, change: LedgerChange | null): void {
    const { state, segmentWriter, gaps, checkpoint } = this.#parts;
    checkpoint.settle();
    gaps.settle();
    if (change === null) return;
    // newest values need the devices and runs of the change, and must be known before devices are forgotten
    const kept = change.notes.filter((note) => note.note !== "forgotten");
    const gone = change.notes.filter((note) => note.note === "forgotten");
    state.apply({ ...change, notes: kept });
    if (holdsDatagrams(gathered)) {
      const { sorted, highWaters } = segmentWriter;
      change.latest = takeNewest(state, sorted, change.flush, highWaters);
    }
    checkpoint.changed(change, this.#clock.monotonicMs());
    for (const note of gone) state.applyNote(note, change.flush);
  }

  #idOf(device: number, gathered: Gathered): string | null {
    const { devices } = this.#parts.state;
    const slot = devices.slotOf(device);
    if (slot >= 0) return devices.ids[slot]!;
    return gathered.newIds.get(device) ?? null;
  }
}

const mergeRowOf = ({ flush, committedAtUs }: LedgerChange, segment: FlushedSegment): SegmentRow => {
  const { runs, datagrams, readings, bytes, firstArrivalUs, lastArrivalUs } = segment;
  return {
    segment: flush,
    level: 0,
    firstSegment: flush,
    chunkSet: 0,
    firstPage: 0,
    pages: 0,
    runs,
    datagrams,
    readings,
    bytes,
    firstArrivalUs,
    lastArrivalUs,
    committedAtUs,
    followsSettled: false,
  };
};

const rowAfter = (before: StateRow, gathered: Gathered, change: LedgerChange | null): StateRow => ({
  ...before,
  lastFlush: change?.flush ?? before.lastFlush,
  committedAtUs: change?.committedAtUs ?? before.committedAtUs,
  nextDevice: Math.max(before.nextDevice, gathered.lastDevice + 1),
  nextRun: Math.max(before.nextRun, gathered.lastRun + 1),
});
