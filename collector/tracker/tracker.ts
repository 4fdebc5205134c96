import type { Restored } from "../../protocol/batch.ts";
import type { Datagram } from "../../protocol/datagram.ts";
import type { Arrival, TrackerOptions, TrackerSink, Verdict } from "./types.ts";
import { VERDICT } from "./types.ts";

/**
 * The ledger of all devices of one ingest worker (docs/ledger.md). Pure: times come in as arguments, changes go out through the sink.
 * Signatures are fixed; the rules follow.
 */
export class Tracker {
  /** results of the last `onDatagram`, valid until the next call */
  /** index into REJECT_REASONS when the verdict is REJECTED, else 0 */
  rejectCode = 0;
  /** the device's number, -1 when the datagram made none */
  device = -1;
  /** the run's number to store under, -1 when the verdict is not an accepted one or UNSEQUENCED */
  run = -1;
  /** number to store under (full width; for the unsequenced our counter), -1 as above */
  sequence = -1;
  /** usable send time in wall microseconds (relative times mapped), 0 = unknown: then the arrival time stands in */
  sendTimeUs = 0;
  /** the datagram gave a send time and it lay outside the usable range (to be counted) */
  sendTimeRefused = false;
  /** inside `sink.heldAccepted`: the same for the held datagram */
  heldSendTimeUs = 0;

  readonly #options: TrackerOptions;
  readonly #sink: TrackerSink;
  constructor(options: TrackerOptions, sink: TrackerSink) {
    this.#options = options;
    this.#sink = sink;
  }

  get deviceCount(): number {
    return 0;
  }
  get runCount(): number {
    return 0;
  }
  get heldCount(): number {
    return 0;
  }
  /** absent ranges in memory, open and lost */
  get gapCount(): number {
    return 0;
  }
  get openGapCount(): number {
    return 0;
  }
  /** rows waiting for `drainDirty`; seal the batch before it passes the batch's room */
  get dirtyRuns(): number {
    return 0;
  }
  /** operations `drainWindows` would write now (WINDOWS and OPEN together) */
  get windowOps(): number {
    return 0;
  }

  /** Continue from the database. Call once, before anything else, also for an empty one: listening begins now. */
  restore(_restored: Restored, _nowMs: number, _wallUs: number): void {}

  /** Verdict of one decoded datagram of any kind. Nothing of `datagram` is kept. */
  onDatagram(_datagram: Datagram, _arrival: Arrival): Verdict {
    return this.#options === undefined && this.#sink === undefined ? VERDICT.CONTROL : VERDICT.IN_ORDER;
  }

  /** A datagram without room in the batch (R1): remembered as evidence, no verdict, no device. */
  onShed(_datagram: Datagram, _arrival: Arrival): void {}

  /** A listener was not OK for a while (R2): no epoch can be said to have begun while we listened across this. */
  onListenerBreak(_nowMs: number): void {}

  /**
   * Close what is due: gaps with deadline <= drainedAtMs (R9), holds with deadline <= nowMs (R3).
   * @param maxClosures - stop after so many closed gaps, so that their operations fit a batch; call again while the answer is true
   * @returns true when more is due
   */
  tick(_nowMs: number, _drainedAtMs: number, _wallUs: number, _maxClosures?: number): boolean {
    return false;
  }

  /** At stop: every held datagram is dropped (and counted by the sink's owner). */
  decideHeld(_wallUs: number): void {}

  /** Count readings accepted with the last accepted datagram (ROW.READINGS); `run` as in `this.run` or as given to heldAccepted. */
  addReadings(_run: number, _count: number): void {}

  /**
   * Copy changed rows, each run once, oldest change first; what has no room stays changed.
   * @param batch - number of the batch they go into, see `onCommitted`
   * @returns rows written
   */
  drainDirty(_rows: Float64Array, _maxRows: number, _batch: number): number {
    return 0;
  }

  /**
   * The open gaps of runs whose open gaps changed since the last call: `beginRun(run)`, then `write` for each (possibly none).
   * @param maxOps - runs that do not fit whole stay for the next call
   */
  drainWindows(
    _write: (
      run: number,
      first: number,
      last: number,
      openedAt: number,
      before: number,
      after: number,
    ) => void,
    _beginRun: (run: number) => void,
    _maxOps: number,
  ): void {}

  /** All batches up to this number are committed: what they carry may be paged out (R16). */
  onCommitted(_batch: number): void {}
}
