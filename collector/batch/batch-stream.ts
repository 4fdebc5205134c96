import { BATCH_OPS, type BatchMessage } from "../../protocol/batch.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { Tracker } from "../tracker/tracker.ts";
import { BatchBuilder } from "./batch-builder.ts";
import type { BatchPool } from "./batch-pool.ts";

/** One step is one datagram (with a held one it may confirm) or some closed gaps. */
const DATAGRAMS_PER_STEP = 2;
/** rows a step can change: two of each closed gap, of a datagram the run it belongs to, a new one and the former current one, with some to spare */
const ROWS_PER_STEP = 80;
/** operations a step usually causes at most; what comes beyond goes into the next batch */
const OPS_PER_STEP = 64;
/**
 * Batches that follow each other fast leave rows and windows to the last of some of them. That makes what they bring wait, so not for
 * longer than a share of the time a batch has; but an overload opens so many windows that to write them takes batches of its own, and so
 * they are written about as often as the writer writes.
 */
const COMPLETE_SHARE = 1 / 4;
const OVERLOAD_SHARE = 4;
/** with so few batches left for datagrams none waits for another: the writer would wait for it too */
const SCARCE_BATCHES = 8;
/**
 * Share of the batches that may be under way for one to be handed over because its time has come. Beyond it they go when they are full: a
 * writer that commits seldom, or cannot for a while, is not to be waited for with a pool full of batches that hold next to nothing.
 */
const TIMELY_SHARE = 1 / 2;
/**
 * Share of the batches, and how many at most, that no datagram gets: an overloaded collector that sheds must go on closing gaps, or those
 * that are open, and are written with every flush, become ever more.
 */
const RESERVED_SHARE = 1 / 4;
const MOST_RESERVED = 24;
/**
 * Share of the other batches that may still be under way, of those that were when shedding began, when datagrams get room again. What is shed opens
 * a gap in each device, which costs far more than the datagrams themselves: so rather few long pieces.
 */
const UNDER_WAY_SHARE = 1 / 8;
/**
 * Devices that were pushed out by others (R16) and wait for the writer, at most: a flood of forged ids is limited by the writer, and what waits
 * longer only costs memory, which a pool full of such batches keeps.
 */
const MOST_FORGOTTEN_UNDER_WAY = 50_000;

export interface BatchStreamOptions {
  pool: BatchPool;
  /** a batch is handed over when it is full or, unless many are under way, this long after its first change; milliseconds */
  batchMs: number;
  maxGapsPerDevice: number;
  /** index of the ingest worker */
  worker: number;
  /** the fleet's counters as of now */
  fleet(): FleetCounters;
  /** takes a sealed batch */
  send(message: BatchMessage): void;
}

/**
 * The sequence of batches: one is open at a time; decides when it is handed over and another one taken from the pool, and which of them
 * complete what was handed over before, with rows and windows of all that changed.
 */
export class BatchStream {
  readonly builder = new BatchBuilder();
  readonly #options: BatchStreamOptions;
  /** operations kept free for running windows: half a batch, and at least those of a run that has all a device may have */
  readonly #windowRoom: number;
  /** batches for the ledger only */
  readonly #reserved: number;
  /** batches that may be under way still when shedding ends */
  readonly #mayBeUnderWay: number;
  /** batches under way from which on time alone hands over none */
  readonly #mostTimely: number;
  /** datagrams get no batch until this one is committed: what is shed is shed in one piece, one gap of each device; -1 = they do */
  #sheddingUntil = -1;
  #committed = 0;
  /** what was handed over last says nothing without the next one */
  #isIncomplete = false;
  #tracker: Tracker | null = null;
  #number = 0;
  /** when the last complete one was handed over */
  #completeAtMs = Number.NEGATIVE_INFINITY;
  /** batches that are not committed and forget devices, and how many all of them forget */
  readonly #forgetting: { number: number; forgotten: number }[] = [];
  #forgottenUnderWay = 0;
  /** when the first change came that no batch has carried away; -1 = none */
  #changedAtMs = -1;

  constructor(options: BatchStreamOptions) {
    this.#options = options;
    const { capacity } = options.pool;
    this.#reserved = Math.min(MOST_RESERVED, Math.floor(capacity * RESERVED_SHARE));
    this.#mayBeUnderWay = Math.floor((capacity - this.#reserved) * UNDER_WAY_SHARE);
    this.#mostTimely = Math.ceil(capacity * TIMELY_SHARE);
    this.#windowRoom = Math.max(BATCH_OPS / 2, options.maxGapsPerDevice + 1);
  }

  /** The tracker whose rows and windows complete each batch; once, before the first. */
  set tracker(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** Batches up to this number are committed. */
  committed(number: number): void {
    this.#committed = number;
    while (this.#forgetting.length > 0 && this.#forgetting[0]!.number <= number) {
      this.#forgottenUnderWay -= this.#forgetting.shift()!.forgotten;
    }
  }

  /** Something has changed that the next batch must carry. */
  changed(nowMs: number): void {
    if (this.#changedAtMs < 0) this.#changedAtMs = nowMs;
  }

  /** Whether the open batch takes one more datagram, with so many readings and notes, as it is: nearly always. */
  hasRoom(readings: number, notes: number): boolean {
    return (
      this.#hasForDatagrams() &&
      this.#hasLedgerRoom() &&
      this.builder.hasRoom(DATAGRAMS_PER_STEP, readings, notes)
    );
  }

  /**
   * Make sure that the open batch takes one more step with so many readings and notes, and whatever it changes in the ledger; the batch is
   * handed over and another taken when it does not.
   * @param isForDatagram - false: the step closes gaps, and gets a batch also when there are few
   * @returns false when there is no other
   */
  makeRoom(readings: number, notes: number, nowMs: number, isForDatagram: boolean): boolean {
    const { builder } = this;
    if (isForDatagram && !this.#hasForDatagrams()) return false;
    for (;;) {
      const hasLedgerRoom = this.#hasLedgerRoom();
      if (hasLedgerRoom && builder.hasRoom(DATAGRAMS_PER_STEP, readings, notes)) return true;
      if (builder.isOpen) {
        if (hasLedgerRoom && this.#mayBePartial(nowMs)) this.#sendPartial(nowMs);
        else this.#complete(nowMs);
      }
      if (isForDatagram && this.#options.pool.left <= this.#reserved) {
        this.#beginShedding();
        return false;
      }
      if (!this.#open()) return false;
    }
  }

  /** Hand the batch over when its time has come. */
  flushDue(nowMs: number): void {
    if (this.#tracker!.dirtyRuns > 0 || this.builder.hasChanges) this.changed(nowMs);
    if (this.#changedAtMs < 0 || nowMs - this.#changedAtMs < this.#options.batchMs) return;
    if (this.#isIncomplete || this.#underWay < this.#mostTimely) this.#flush(nowMs);
  }

  /**
   * Hand over everything that has changed.
   * @returns false when batches ran out before it was done: call again when one has come back
   */
  flushAll(nowMs: number): boolean {
    while (this.#changedAtMs >= 0) if (!this.#flush(nowMs)) return false;
    return true;
  }

  /** Whether the open batch takes all that has changed, and what one more step may change. */
  #hasLedgerRoom(): boolean {
    const tracker = this.#tracker!;
    const ops = Math.min(tracker.windowOps, this.#windowRoom) + OPS_PER_STEP;
    return this.builder.hasLedgerRoom(tracker.dirtyRuns + ROWS_PER_STEP, ops);
  }

  /** Whether batches are left, beyond the reserve, which the open one may be of. */
  #hasForDatagrams(): boolean {
    const { left } = this.#options.pool;
    if (left < this.#reserved) this.#beginShedding();
    else if (left > this.#reserved && this.#committed >= this.#sheddingUntil) this.#sheddingUntil = -1;
    return this.#sheddingUntil < 0;
  }

  /** Batches that were handed over and are not back. */
  get #underWay(): number {
    return this.#options.pool.inUse - (this.builder.isOpen ? 1 : 0);
  }

  /** It ends by what is under way now: batches of the ledger go on being sent meanwhile, and would hold it up for ever. */
  #beginShedding(): void {
    if (this.#sheddingUntil < 0) this.#sheddingUntil = Math.max(0, this.#number - this.#mayBeUnderWay);
  }

  #open(): boolean {
    const batch = this.#forgottenUnderWay < MOST_FORGOTTEN_UNDER_WAY ? this.#options.pool.take() : null;
    if (batch === null) return false;
    this.builder.open(batch);
    return true;
  }

  #flush(nowMs: number): boolean {
    if (!this.builder.isOpen && !this.#open()) return false;
    this.#complete(nowMs);
    return true;
  }

  /** Of those that forget devices each may be the last for a while. */
  #mayBePartial(nowMs: number): boolean {
    const { batchMs, pool } = this.#options;
    const share = this.#tracker!.windowOps > this.#windowRoom ? OVERLOAD_SHARE : COMPLETE_SHARE;
    const isSoon = nowMs - this.#completeAtMs < batchMs * share;
    return isSoon && pool.left > this.#reserved + SCARCE_BATCHES && this.builder.forgotten === 0;
  }

  #sendPartial(nowMs: number): void {
    this.#number++;
    this.#send(true, nowMs);
  }

  /**
   * The batch as of now, and others after it when the windows that run do not fit into one. What the writer commits must agree with itself,
   * so these are had even when there are none: as many as all the open gaps there may be need.
   */
  #complete(nowMs: number): void {
    const tracker = this.#tracker!;
    for (;;) {
      this.builder.addLedger(tracker, ++this.#number);
      const isRestLeft = this.builder.hasSpilled || tracker.dirtyRuns > 0 || tracker.windowOps > 0;
      this.#send(isRestLeft, nowMs);
      if (!isRestLeft) break;
      this.builder.open(this.#options.pool.takeAnyway());
    }
    this.#changedAtMs = -1;
    this.#completeAtMs = nowMs;
  }

  #send(isPartial: boolean, sentAtMs: number): void {
    const number = this.#number;
    this.#isIncomplete = isPartial;
    const { forgotten } = this.builder;
    if (forgotten > 0) this.#forgetting.push({ number, forgotten });
    this.#forgottenUnderWay += forgotten;
    const { batch, notes, noteCount } = this.builder.seal();
    const { worker, fleet, send } = this.#options;
    send({ buffer: batch.buffer, notes, noteCount, fleet: fleet(), number, isPartial, worker, sentAtMs });
  }
}
