import type { Batch, Note } from "../../protocol/batch.ts";
import * as batchModule from "../../protocol/batch.ts";
import { NotePacker } from "../../protocol/packed-notes.ts";
import type { Tracker } from "../tracker/tracker.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { BATCH_DATAGRAMS, BATCH_OPS, BATCH_READINGS, BATCH_ROWS, OP, OP_CODE, OP_FIELDS } = batchModule;

/** notes have no room of their own in the buffer: as many as may travel beside one batch */
export const BATCH_NOTES = 16_384;

/** Fills one batch after another: columns of readings, operations and notes; at the end, if it is to have them, the changed rows and the running windows. */
export class BatchBuilder {
  #batch: Batch | null = null;
  readonly #notes = new NotePacker();
  #datagrams = 0;
  #readings = 0;
  #ops = 0;
  #forgotten = 0;
  /** operations that found no room (one gap may close into any number of rows); they go first into the next batch */
  #spilled: number[] = [];
  /** where in the columns the readings of the next datagram begin: those beyond it are of one that has not ended yet */
  #firstReading = 0;

  get isOpen(): boolean {
    return this.#batch !== null;
  }

  /** Go on with this empty batch. */
  open(batch: Batch): void {
    this.#batch = batch;
    const spilled = this.#spilled;
    this.#spilled = [];
    for (let at = 0; at < spilled.length; at += OP_FIELDS) this.#writeOp(spilled, at);
  }

  /** Whether anything waits to be handed over; rows and windows are the tracker's to know. */
  get hasChanges(): boolean {
    return this.#datagrams > 0 || this.#ops > 0 || this.#notes.count > 0 || this.#spilled.length > 0;
  }

  /** Whether operations found no room and wait for the next batch. */
  get hasSpilled(): boolean {
    return this.#spilled.length > 0;
  }

  /** Whether the batch is open and takes so much more. */
  hasRoom(datagrams: number, readings: number, notes: number): boolean {
    return (
      this.#batch !== null &&
      this.#datagrams + datagrams <= BATCH_DATAGRAMS &&
      this.#readings + readings <= BATCH_READINGS &&
      this.#notes.count + notes <= BATCH_NOTES
    );
  }

  /** Whether a batch takes what the tracker still holds: all its changed rows, and so many more operations. */
  hasLedgerRoom(rows: number, ops: number): boolean {
    return rows <= BATCH_ROWS && this.#ops + ops <= BATCH_OPS;
  }

  note(note: Note): void {
    if (note.note === "forgotten") this.#forgotten++;
    this.#notes.add(note);
  }

  /** The source of a device: with the note of its creation when that has just been made, else by itself. */
  source(device: number, source: string): void {
    this.#notes.addSource(device, source);
  }

  /** A reading of the next datagram, which `endDatagram` makes count. */
  reading(channel: number, type: number, timeUs: number, value: number): void {
    const batch = this.#batch!;
    const at = this.#readings++;
    batch.readingChannel[at] = channel;
    batch.readingType[at] = type;
    batch.readingTime[at] = timeUs;
    batch.readingValue[at] = value;
  }

  /**
   * A datagram with the readings since the one before it.
   * @returns how many these are
   */
  endDatagram(run: number, sequence: number, timeUs: number, arrivalUs: number): number {
    const batch = this.#batch!;
    const at = this.#datagrams++;
    const readings = this.#readings - this.#firstReading;
    this.#firstReading = this.#readings;
    batch.datagramRun[at] = run;
    batch.datagramSequence[at] = sequence;
    batch.datagramTime[at] = timeUs;
    batch.datagramReadings[at] = readings;
    // not those of the first and the last one: the wall clock may be set back in between
    if (at === 0 || arrivalUs < batch.firstArrivalUs) batch.firstArrivalUs = arrivalUs;
    if (at === 0 || arrivalUs > batch.lastArrivalUs) batch.lastArrivalUs = arrivalUs;
    return readings;
  }

  /** Take back the readings since the last `endDatagram`. */
  abandonDatagram(): void {
    this.#readings = this.#firstReading;
  }

  lost(
    run: number,
    first: number,
    last: number,
    openedAt: number,
    closedAt: number,
    cause: number,
    timeBefore: number,
    timeAfter: number,
    requests: number,
  ): void {
    this.#op(OP_CODE.LOST, run, first, last, openedAt, closedAt, cause, timeBefore, timeAfter, requests);
  }

  filled(
    run: number,
    sequence: number,
    atUs: number,
    wasLost: boolean,
    openedAt: number,
    cause: number,
    timeUs: number,
    requests: number,
  ): void {
    const code = wasLost ? OP_CODE.FILL_LOST : OP_CODE.FILL_OPEN;
    this.#op(code, run, sequence, sequence, openedAt, atUs, cause, timeUs, timeUs, requests);
  }

  /**
   * Add the changed rows and windows, as far as there is room.
   * @param number - the batch's number
   */
  addLedger(tracker: Pick<Tracker, "drainDirty" | "drainWindows">, number: number): void {
    const batch = this.#batch!;
    tracker.drainWindows(
      (run, first, last, openedAt, before, after, requests) =>
        this.#op(OP_CODE.OPEN, run, first, last, openedAt, 0, 0, before, after, requests),
      (run) => this.#op(OP_CODE.WINDOWS, run, 0, 0, 0, 0, 0, 0, 0, 0),
      BATCH_OPS - this.#ops,
    );
    batch.rowCount = tracker.drainDirty(batch.rows, BATCH_ROWS, number);
  }

  /** devices that the batch forgets */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The batch is done; the builder is closed after it. */
  seal(): { batch: Batch; notes: Uint8Array; noteCount: number } {
    const batch = this.#batch!;
    batch.datagramCount = this.#datagrams;
    batch.readingCount = this.#readings;
    batch.opCount = this.#ops;
    const noteCount = this.#notes.count;
    const notes = this.#notes.take();
    this.#batch = null;
    this.#datagrams = 0;
    this.#readings = 0;
    this.#firstReading = 0;
    this.#ops = 0;
    this.#forgotten = 0;
    return { batch, notes, noteCount };
  }

  #op(
    code: number,
    run: number,
    first: number,
    last: number,
    openedAt: number,
    at: number,
    cause: number,
    timeBefore: number,
    timeAfter: number,
    requests: number,
  ): void {
    const batch = this.#batch;
    if (batch === null || this.#ops >= BATCH_OPS) {
      this.#spilled.push(code, run, first, last, openedAt, at, cause, timeBefore, timeAfter, requests);
      return;
    }
    const ops = batch.ops;
    const base = this.#ops++ * OP_FIELDS;
    ops[base + OP.CODE] = code;
    ops[base + OP.RUN] = run;
    ops[base + OP.FIRST] = first;
    ops[base + OP.LAST] = last;
    ops[base + OP.OPENED_AT] = openedAt;
    ops[base + OP.AT] = at;
    ops[base + OP.CAUSE] = cause;
    ops[base + OP.TIME_BEFORE] = timeBefore;
    ops[base + OP.TIME_AFTER] = timeAfter;
    ops[base + OP.REQUESTS] = requests;
  }

  #writeOp(fields: number[], at: number): void {
    this.#op(
      fields[at]!,
      fields[at + OP.RUN]!,
      fields[at + OP.FIRST]!,
      fields[at + OP.LAST]!,
      fields[at + OP.OPENED_AT]!,
      fields[at + OP.AT]!,
      fields[at + OP.CAUSE]!,
      fields[at + OP.TIME_BEFORE]!,
      fields[at + OP.TIME_AFTER]!,
      fields[at + OP.REQUESTS]!,
    );
  }
}
