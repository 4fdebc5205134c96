import type { BatchMessage, BatchReturn, FleetCounters, Restored } from "../protocol/batch.ts";
import { BATCH_OPS } from "../protocol/batch.ts";
import { MAX_ENTRIES } from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { decode, type Format } from "../protocol/decode.ts";
import { ROW } from "../protocol/ledger-row.ts";
import { REJECT } from "../protocol/reasons.ts";
import { BATCH_NOTES, BatchBuilder } from "./batch-builder.ts";
import type { BatchPool } from "./batch-pool.ts";
import { ChannelRegistry } from "./channel-registry.ts";
import { ListenerCounters, startingCounters, sumCounters } from "./counters.ts";
import { DatagramWriter, type Place } from "./datagram-writer.ts";
import { HeldStore } from "./held-store.ts";
import { IngestSink } from "./ingest-sink.ts";
import { Tracker } from "./tracker/tracker.ts";
import { type Arrival, type TrackerOptions, type TrackerSink, VERDICT } from "./tracker/types.ts";

export interface IngestOptions {
  /** what each listener's datagrams are decoded as, by its index */
  formats: readonly Format[];
  tracker: TrackerOptions;
  pool: BatchPool;
  restored: Restored;
  /** a batch is handed over when it is full or this long after its first change */
  batchMs: number;
  /** takes a sealed batch; its buffer is the receiver's until `takeBack` */
  send(message: BatchMessage): void;
  /** a bug met while a datagram was worked on; the datagram is counted, the process goes on */
  onInternalError(error: unknown): void;
  /** the tracker, unless a test brings its own */
  createTracker?(options: TrackerOptions, sink: TrackerSink): Tracker;
}

/** rows one datagram or one closed gap can change: the run it belongs to, a new one, the former current one, with some to spare */
const ROWS_PER_STEP = 16;
/** operations one datagram or one closed gap usually causes at most; what comes beyond goes into the next batch */
const OPS_PER_STEP = 64;
/** device, run, events */
const NOTES_PER_STEP = 16;
const CHANNELS_PER_STEP = 1024;

/**
 * The ingest pipeline: datagrams in, batches out. No I/O and no clock of its own: the caller brings both. Each batch is consistent by
 * itself: its rows, operations and counters are the state at one instant between two datagrams.
 */
export class Ingest {
  readonly listeners: readonly ListenerCounters[];
  readonly #options: IngestOptions;
  readonly #start: FleetCounters;
  readonly #tracker: Tracker;
  readonly #builder = new BatchBuilder();
  readonly #channels: ChannelRegistry;
  readonly #writer: DatagramWriter;
  readonly #held = new HeldStore();
  readonly #datagram = new Datagram();
  readonly #arrival: Arrival = { arrivalUs: 0, nowMs: 0, listener: 0, address: "", port: 0 };
  readonly #place: Place = { device: 0, run: 0, sequence: 0, sendTimeUs: 0, arrivalUs: 0 };
  /** operations kept free for running windows: half a batch, and at least those of a run that has all a device may have */
  readonly #windowRoom: number;
  #number = 0;
  /** when the first change came that no batch has carried away; -1 = none */
  #changedAtMs = -1;
  /** the datagram that is worked on is in one of its listener's counters */
  #isCounted = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#start = startingCounters(options.restored.fleet);
    this.listeners = options.formats.map(() => new ListenerCounters());
    this.#channels = new ChannelRegistry((device, epoch, channel, name, unit) =>
      this.#builder.note({ note: "channel", device, epoch, channel, name, unit }),
    );
    this.#writer = new DatagramWriter(this.#builder, this.#channels);
    const sink = new IngestSink({
      builder: this.#builder,
      channels: this.#channels,
      writer: this.#writer,
      held: this.#held,
      listeners: this.listeners,
      formats: options.formats,
    });
    const create = options.createTracker ?? ((...given) => new Tracker(...given));
    this.#tracker = create(options.tracker, sink);
    sink.tracker = this.#tracker;
    this.#windowRoom = Math.max(BATCH_OPS / 2, options.tracker.maxGapsPerDevice + 1);
  }

  /** What is in memory, for the status. */
  get sizes(): IngestSizes {
    const tracker = this.#tracker;
    return {
      devices: tracker.deviceCount,
      runs: tracker.runCount,
      gaps: tracker.gapCount,
      openGaps: tracker.openGapCount,
      held: tracker.heldCount,
      batchesInUse: this.#options.pool.inUse,
      batchCapacity: this.#options.pool.capacity,
      lastBatch: this.#number,
    };
  }

  get fleet(): FleetCounters {
    return sumCounters(this.#start, this.listeners);
  }

  /** Continue from the database; once, before anything else: listening begins now. */
  start(nowMs: number, wallUs: number): void {
    const { restored } = this.#options;
    for (const device of restored.devices) this.#channels.restore(device);
    if (restored.hasHistory) {
      const detail = { from: lastArrivalUs(restored), to: wallUs };
      this.#builder.note({ note: "event", at: wallUs, kind: "collector-down", device: null, detail });
    }
    this.#event("collector-started", wallUs, {}, nowMs);
    this.#tracker.restore(restored, nowMs);
  }

  /**
   * Account for one datagram. Nothing of `bytes` is kept.
   * @param view - over the same memory as `bytes`; `offset` and `length` mean the same in both
   * @param arrivalUs - wall clock, microseconds
   * @param nowMs - monotonic clock, milliseconds
   */
  receive(
    listener: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    address: string,
    port: number,
    arrivalUs: number,
    nowMs: number,
  ): void {
    const counters = this.listeners[listener]!;
    const arrival = this.#arrival;
    arrival.arrivalUs = arrivalUs;
    arrival.nowMs = nowMs;
    arrival.listener = listener;
    arrival.address = address;
    arrival.port = port;
    this.#isCounted = false;
    try {
      const code = decode(bytes, view, offset, length, this.#options.formats[listener]!, this.#datagram);
      if (code === REJECT.sound) this.#judge(counters, bytes, offset, length);
      else counters.reject(code);
    } catch (error) {
      this.#builder.abandonDatagram();
      if (!this.#isCounted) counters.reject(REJECT["internal-error"]);
      this.#options.onInternalError(error);
    }
    // last: making room may have handed over a batch, whose counters must not know of this one yet
    counters.datagrams++;
    counters.bytes += length;
    counters.lastDatagramAtUs = arrivalUs;
    this.#changed(nowMs);
  }

  /**
   * Close what is due and hand over a batch that is. Call at least every 50 ms, also in silence. Without room nothing is closed: it
   * stays due.
   * @param drainedAtMs - see Receiver
   */
  tick(nowMs: number, drainedAtMs: number, wallUs: number): void {
    const heldBefore = this.#held.size;
    let isMoreDue = true;
    while (isMoreDue && this.#makeRoom(0, NOTES_PER_STEP, nowMs)) {
      isMoreDue = this.#tracker.tick(nowMs, drainedAtMs, wallUs, 1);
    }
    const isHeldDecided = this.#held.size !== heldBefore;
    if (isHeldDecided || this.#tracker.dirtyRuns > 0 || this.#builder.hasChanges) this.#changed(nowMs);
    if (this.#changedAtMs >= 0 && nowMs - this.#changedAtMs >= this.#options.batchMs) this.#flush(nowMs);
  }

  /** A listener came up, went down or says something new about it. */
  listenerChanged(url: string, state: string, reason: string, wallUs: number, nowMs: number): void {
    this.#tracker.onListenerBreak();
    this.#event("listener-state", wallUs, { listener: url, state, reason }, nowMs);
  }

  /** A batch is done with. */
  takeBack(returned: BatchReturn): void {
    this.#options.pool.giveBack(returned.buffer);
    this.#tracker.onCommitted(returned.committed);
  }

  /** Decide what is held and note the stop; windows stay as they are. Then `flushAll`. */
  stop(nowMs: number, wallUs: number): void {
    this.#tracker.decideHeld();
    this.#event("collector-stopped", wallUs, {}, nowMs);
  }

  /**
   * Hand over everything that has changed.
   * @returns false when batches ran out before it was done: call again when one has come back
   */
  flushAll(nowMs: number): boolean {
    while (this.#changedAtMs >= 0) if (!this.#flush(nowMs)) return false;
    return true;
  }

  #judge(counters: ListenerCounters, bytes: Uint8Array, offset: number, length: number): void {
    const datagram = this.#datagram;
    const arrival = this.#arrival;
    if (!this.#makeRoom(datagram.readingCount, this.#notesOf(datagram), arrival.nowMs)) {
      counters.shed++;
      this.#isCounted = true;
      this.#tracker.onShed(datagram, arrival);
      return;
    }
    const tracker = this.#tracker;
    const verdict = tracker.onDatagram(datagram, arrival);
    this.#isCounted = true;
    if (tracker.sendTimeRefused) counters.unusableSendTimes++;
    switch (verdict) {
      case VERDICT.DUPLICATE:
        counters.duplicates++;
        return;
      case VERDICT.REJECTED:
        counters.reject(tracker.rejectCode);
        return;
      case VERDICT.HELD: {
        counters.held++;
        const datagramBytes = bytes.subarray(offset, offset + length);
        this.#held.keep(tracker.device, datagramBytes, datagram.readingCount, arrival);
        return;
      }
      case VERDICT.CONTROL:
        counters.control++;
        if (tracker.device >= 0) this.#writer.describe(datagram, tracker.device, counters);
        break;
      case VERDICT.UNSEQUENCED:
        counters.unsequenced++;
        this.#store(counters);
        break;
      default:
        counters.received++;
        this.#store(counters);
    }
    if (datagram.refusedCount > 0) counters.refuseAll(datagram.refused);
  }

  #store(counters: ListenerCounters): void {
    const tracker = this.#tracker;
    const place = this.#place;
    place.device = tracker.device;
    place.run = tracker.run;
    place.sequence = tracker.sequence;
    place.sendTimeUs = tracker.sendTimeUs;
    place.arrivalUs = this.#arrival.arrivalUs;
    tracker.addReadings(place.run, this.#writer.write(this.#datagram, place, counters));
  }

  #notesOf(datagram: Datagram): number {
    const channels = Math.min(datagram.readingCount, CHANNELS_PER_STEP);
    return Math.min(channels + datagram.descriptions.length + NOTES_PER_STEP, BATCH_NOTES);
  }

  /**
   * Make sure that the batch takes one more step with so many readings, and whatever its device's ledger changes; the batch is handed over
   * and another taken when it does not.
   * @returns false when there is no other
   */
  #makeRoom(readings: number, notes: number, nowMs: number): boolean {
    // the step may confirm a held datagram, which is then stored too
    const heldReadings = this.#held.size > 0 ? MAX_ENTRIES : 0;
    for (;;) {
      const rows = this.#tracker.dirtyRuns + ROWS_PER_STEP;
      const ops = Math.min(this.#tracker.windowOps, this.#windowRoom) + OPS_PER_STEP;
      if (this.#builder.hasRoom(2, readings + heldReadings, notes, rows, ops)) return true;
      if (this.#builder.isOpen) this.#seal(nowMs);
      if (!this.#open()) return false;
    }
  }

  #open(): boolean {
    const batch = this.#options.pool.take();
    if (batch === null) return false;
    this.#builder.open(batch);
    return true;
  }

  #flush(nowMs: number): boolean {
    if (!this.#builder.isOpen && !this.#open()) return false;
    this.#seal(nowMs);
    return true;
  }

  /**
   * The batch as of now. Only when so many windows run at once that they do not fit (over 4,000 in runs that changed within one batch)
   * some runs' windows follow in the next batch.
   */
  #seal(nowMs: number): void {
    const number = ++this.#number;
    const { batch, notes } = this.#builder.seal(this.#tracker, number);
    const isRestLeft = this.#builder.hasChanges || this.#tracker.dirtyRuns > 0 || this.#tracker.windowOps > 0;
    this.#changedAtMs = isRestLeft ? nowMs : -1;
    this.#options.send({ buffer: batch.buffer, notes, fleet: this.fleet, number });
  }

  #changed(nowMs: number): void {
    if (this.#changedAtMs < 0) this.#changedAtMs = nowMs;
  }

  #event(
    kind: "collector-started" | "collector-stopped" | "listener-state",
    at: number,
    detail: Record<string, unknown>,
    nowMs: number,
  ): void {
    this.#builder.note({ note: "event", at, kind, device: null, detail });
    this.#changed(nowMs);
  }
}

/** How much is in memory. */
export interface IngestSizes {
  devices: number;
  runs: number;
  gaps: number;
  openGaps: number;
  held: number;
  /** filled now or waiting for the writer */
  batchesInUse: number;
  batchCapacity: number;
  /** number of the last batch handed over, from 1; 0 = none yet */
  lastBatch: number;
}

const lastArrivalUs = ({ devices }: Restored): number => {
  let last = 0;
  for (const { runs } of devices) for (const { row } of runs) last = Math.max(last, row[ROW.LAST_ARRIVAL]!);
  return last;
};
