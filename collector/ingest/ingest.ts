import { codeOf } from "../../common/errors.ts";
import type { BatchReturn, DeviceSnapshot, EventKind, TablesReach } from "../../protocol/batch.ts";
import * as constantsModule from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import * as decodeModule from "../../protocol/decode.ts";
import { decode, type Format } from "../../protocol/decode.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import { type FleetCounters, withoutHeld } from "../../protocol/fleet-counters.ts";
import * as ledgerRow from "../../protocol/ledger-row.ts";
import * as reasons from "../../protocol/reasons.ts";
import * as batchBuilder from "../batch/batch-builder.ts";
import { BatchStream } from "../batch/batch-stream.ts";
import { ChannelRegistry } from "../batch/channel-registry.ts";
import { DatagramWriter, type Place } from "../batch/datagram-writer.ts";
import { type PathCounts, pathCountsOf } from "../paths/path-board.ts";
import * as entryModule from "../receive/entry.ts";
import { entryOf, localOf } from "../receive/entry.ts";
import { Recovery } from "../recovery/recovery.ts";
import { ListenerCounters, sumCounters } from "../status/counters.ts";
import type { IngestSizes } from "../status/ingest-status.ts";
import { Tracker } from "../tracker/tracker.ts";
import type { Arrival } from "../tracker/types.ts";
import * as types from "../tracker/types.ts";
import { isCrosstalk } from "./crosstalk.ts";
import { HeldStore } from "./held-store.ts";
import type { IngestOptions } from "./ingest-options.ts";
import { IngestSink } from "./ingest-sink.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { MAX_ENTRIES } = constantsModule;
const { FORMATS } = decodeModule;
const { ROW } = ledgerRow;
const { REJECT } = reasons;
const { BATCH_NOTES } = batchBuilder;
const { ERR_ARCHIVE, VERDICT } = types;
const { LISTENER_MASK } = entryModule;

/** device, run, events */
const NOTES_PER_STEP = 16;
/** gaps closed between two looks for room: their rows and operations fit what a step keeps free */
const CLOSURES_PER_STEP = 32;
/** closed by one tick at most: a few milliseconds, in which no socket is read */
const CLOSURES_PER_TICK = 2048;
const CHANNELS_PER_STEP = 1024;

/**
 * The ingest pipeline: datagrams in, batches out. No I/O and no clock of its own: the caller brings both. Each batch is consistent by
 * itself: its rows, operations and counters are the state at one instant between two datagrams.
 */
export class Ingest {
  /** of each listener */
  readonly counters: readonly ListenerCounters[];
  readonly #formats: readonly Format[];
  readonly #options: IngestOptions;
  readonly #start: FleetCounters;
  readonly #tracker: Tracker;
  readonly #recovery: Recovery | null;
  readonly #batches: BatchStream;
  readonly #channels: ChannelRegistry;
  readonly #writer: DatagramWriter;
  readonly #held = new HeldStore();
  readonly #datagram = new Datagram();
  readonly #arrival: Arrival = {
    arrivalUs: 0,
    nowMs: 0,
    listener: 0,
    local: 0,
    address: "",
    port: 0,
    lengthBytes: 0,
  };
  readonly #place: Place = { device: 0, run: 0, sequence: 0, sendTimeUs: 0, arrivalUs: 0 };
  /** the datagram that is worked on is in one of its listener's counters */
  #isCounted = false;
  /** arrival of the last datagram of the restored devices, microseconds; 0 = none */
  #lastArrivalUs = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#start = withoutHeld(options.restored.fleet);
    // the very constants: a text that came from another thread equals them only letter by letter, at every datagram
    this.#formats = options.formats.map((format) => FORMATS[FORMATS.indexOf(format)]!);
    this.counters = options.formats.map(() => new ListenerCounters());
    this.#batches = new BatchStream({
      pool: options.pool,
      batchMs: options.batchMs,
      maxGapsPerDevice: options.tracker.maxGapsPerDevice,
      fleet: () => this.fleet,
      worker: options.worker ?? 0,
      send: options.send,
    });
    const { builder } = this.#batches;
    this.#channels = new ChannelRegistry((device, epoch, channel, name, unit) =>
      builder.note({ note: "channel", device, epoch, channel, name, unit }),
    );
    this.#writer = new DatagramWriter(builder, this.#channels);
    const sink = new IngestSink({
      builder,
      channels: this.#channels,
      writer: this.#writer,
      held: this.#held,
      counters: this.counters,
      formats: this.#formats,
    });
    const create = options.createTracker ?? ((...given) => new Tracker(...given));
    this.#recovery = this.#newRecovery(options.recovery);
    const { tracker } = options;
    this.#tracker = create(
      this.#recovery === null ? tracker : { ...tracker, recovery: this.#recovery },
      sink,
    );
    if (this.#recovery !== null) this.#recovery.gaps = this.#tracker.askable;
    sink.tracker = this.#tracker;
    this.#batches.tracker = this.#tracker;
  }

  /** For the status. */
  get sizes(): IngestSizes {
    const { inUse, capacity } = this.#options.pool;
    return { batchesInUse: inUse, batchCapacity: capacity };
  }

  /** What came by each path; empty when all listeners are one. */
  get paths(): PathCounts[] {
    return (this.#tracker.paths?.counters ?? []).map(pathCountsOf);
  }

  get fleet(): FleetCounters {
    return sumCounters(this.#start, this.counters);
  }

  /**
   * Take over what the database knows; once, before `start`. It may take a while.
   * @returns arrival of the last datagram of the restored devices, microseconds; 0 = none
   */
  restore(): number {
    const { restored } = this.#options;
    this.#tracker.restore({ ...restored, devices: this.#restoring(restored.devices) });
    return this.#lastArrivalUs;
  }

  /**
   * Listening begins now; once, before any datagram.
   * @param lastArrivalUs - the greatest of what `restore` answered at any worker
   */
  start(nowMs: number, wallUs: number, lastArrivalUs = this.#lastArrivalUs): void {
    if (this.#isFirst && this.#options.restored.hasHistory) {
      const detail = { from: lastArrivalUs, to: wallUs };
      this.#batches.builder.note({ note: "event", at: wallUs, kind: "collector-down", device: null, detail });
    }
    if (this.#isFirst) this.event("collector-started", wallUs, {}, nowMs);
    this.#tracker.begin(nowMs);
    const down = this.#options.restored.hasHistory ? { fromUs: lastArrivalUs, toUs: wallUs } : null;
    this.#tracker.liveness.begin(nowMs, wallUs, down);
  }

  /** The first worker tells what concerns the collector as a whole. */
  get #isFirst(): boolean {
    return (this.#options.worker ?? 0) === 0;
  }

  /**
   * Account for one datagram. Nothing of `bytes` is kept.
   * @param entry - by which it came (entry.ts)
   * @param view - over the same memory as `bytes`; `offset` and `length` mean the same in both
   * @param arrivalUs - wall clock, microseconds
   * @param nowMs - monotonic clock, milliseconds
   */
  receive(
    entry: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    address: string,
    port: number,
    arrivalUs: number,
    nowMs: number,
  ): void {
    const listener = entry & LISTENER_MASK;
    const counters = this.counters[listener]!;
    const arrival = this.#arrival;
    arrival.arrivalUs = arrivalUs;
    arrival.nowMs = nowMs;
    arrival.listener = listener;
    arrival.local = localOf(entry);
    arrival.address = address;
    arrival.port = port;
    arrival.lengthBytes = length;
    this.#isCounted = false;
    // also of one that is handed over: it was heard here
    counters.lastDatagramAtUs = arrivalUs;
    try {
      const code = isCrosstalk(this.#options.sources?.[listener] ?? null, address)
        ? REJECT.crosstalk
        : decode(bytes, view, offset, length, this.#formats[listener]!, this.#datagram);
      if (code !== REJECT.sound) {
        counters.rejectArrival(code, arrival);
        if (code !== REJECT.crosstalk) this.#tracker.onRejected(address, port, nowMs);
      } else if (this.#isHandedOver(counters, bytes, offset, length)) {
        // its owner counts it
        return;
      } else if (!this.#isCounted) this.#judge(counters, bytes, offset, length);
    } catch (error) {
      this.#batches.builder.abandonDatagram();
      const reason = codeOf(error) === ERR_ARCHIVE ? "database-error" : "internal-error";
      if (!this.#isCounted) counters.rejectArrival(REJECT[reason], arrival);
      // whose number it had is not known, as of what could not be decoded: no network may be blamed for it (R14)
      this.#tracker.onRejected(address, port, nowMs);
      this.#options.onError(reason, error);
    }
    // last: making room may have handed over a batch, whose counters must not know of this one yet
    counters.datagrams++;
    counters.bytes += length;
    this.#batches.changed(nowMs);
  }

  /** Something that concerns no single device happened. @param at - wall clock, microseconds */
  event(kind: EventKind, at: number, detail: Record<string, unknown>, nowMs: number): void {
    this.#batches.builder.note({ note: "event", at, kind, device: null, detail });
    this.#batches.changed(nowMs);
  }

  /** A datagram of a device of ours found no room at another worker, which has counted it. */
  shedElsewhere(datagram: Datagram, arrivalUs: number, nowMs: number): void {
    const arrival = this.#arrival;
    arrival.arrivalUs = arrivalUs;
    arrival.nowMs = nowMs;
    this.#tracker.onShed(datagram, arrival);
  }

  /** A listener of another worker changed its state, or one more socket of one of ours. */
  listenerBreak(): void {
    this.#tracker.onListenerBreak();
  }

  /** The kernel's drop counters were read: just before `tick`, with its times. @param drops - as for `Tracker.onKernelDrops` */
  kernelDrops(nowMs: number, drainedAtMs: number, drops: readonly (number | null)[]): void {
    this.#tracker.onKernelDrops(nowMs, drainedAtMs, drops);
  }

  /** How the numbers of a device arrive; null = it is not in memory here. */
  arrivalsOf(id: string): DeviceArrivals | null {
    return this.#tracker.arrivalsOf(id);
  }

  /** @see Tracker.reorderDelays */
  get reorderDelays(): readonly number[] {
    return this.#tracker.reorderDelays;
  }

  /** Absent numbers whose window may be running, in ranges. */
  get openGaps(): number {
    return this.#tracker.openGapCount;
  }

  /**
   * Close what is due and hand over a batch that is. Call at least every 50 ms, also in silence. Without room nothing is closed: it
   * stays due.
   * @param drainedAtMs - see Receiver
   * @returns whether more is due than could be closed at once: read the sockets, then call again with the same `drainedAtMs`
   */
  tick(nowMs: number, drainedAtMs: number, wallUs: number): boolean {
    const heldBefore = this.#held.size;
    const isMoreDue = this.#closeDue(nowMs, drainedAtMs, wallUs);
    if (this.#held.size !== heldBefore) this.#batches.changed(nowMs);
    this.#recovery?.plan(nowMs, drainedAtMs, wallUs);
    // who fell silent is said as of when the sockets were last read empty
    const heardUntilUs = Math.floor(wallUs - Math.max(0, nowMs - drainedAtMs) * 1000);
    if (
      this.#batches.makeRoom(this.#heldReadings, NOTES_PER_STEP, nowMs, false) &&
      this.#tracker.liveness.check(nowMs, heardUntilUs, NOTES_PER_STEP)
    )
      this.#batches.changed(nowMs);
    this.#batches.flushDue(nowMs);
    return isMoreDue;
  }

  /** A listener came up, went down or says something new about it. */
  listenerChanged(url: string, state: string, reason: string, wallUs: number, nowMs: number): void {
    this.#tracker.onListenerBreak();
    this.#options.exchange?.listenerBreak();
    this.event("listener-state", wallUs, { listener: url, state, reason }, nowMs);
  }

  /** A batch is done with. */
  takeBack(returned: BatchReturn): void {
    this.#options.pool.giveBack(returned.buffer);
    this.#batches.committed(returned.committed);
  }

  /** The tables have all batches up to this one. */
  tablesReached({ inTables }: TablesReach): void {
    this.#tracker.onArchived(inTables);
  }

  /** Decide what is held and note the stop; windows stay as they are. Then `flushAll`. */
  stop(nowMs: number, wallUs: number): void {
    if (this.#held.size > 0) this.#batches.changed(nowMs);
    this.#tracker.decideHeld();
    if (this.#isFirst) this.event("collector-stopped", wallUs, {}, nowMs);
  }

  /**
   * Hand over everything that has changed.
   * @returns false when batches ran out before it was done: call again when one has come back
   */
  flushAll(nowMs: number): boolean {
    return this.#batches.flushAll(nowMs);
  }

  /** @returns as `tick` */
  #closeDue(nowMs: number, drainedAtMs: number, wallUs: number): boolean {
    for (let left = CLOSURES_PER_TICK; left > 0; ) {
      if (!this.#batches.makeRoom(this.#heldReadings, NOTES_PER_STEP, nowMs, false)) return false;
      const done = this.#tracker.tick(nowMs, drainedAtMs, wallUs, CLOSURES_PER_STEP);
      if (done < CLOSURES_PER_STEP) return false;
      left -= done;
    }
    return true;
  }

  /** Each device on its way to the tracker. */
  *#restoring(devices: Iterable<DeviceSnapshot>): Generator<DeviceSnapshot> {
    for (const device of devices) {
      this.#channels.restore(device);
      for (const { row } of device.runs) {
        this.#lastArrivalUs = Math.max(this.#lastArrivalUs, row[ROW.LAST_ARRIVAL]!);
      }
      yield device;
    }
  }

  /** @returns null where no listener asks: then no gap waits for an answer, and no GONE is one */
  #newRecovery(options: IngestOptions["recovery"]): Recovery | null {
    if (options === undefined || options.listeners.every((listener) => listener === "off")) return null;
    return new Recovery({
      ...options,
      send: (listener, bytes, address, port, local) => {
        if (!options.send(listener, bytes, address, port, local)) return false;
        const counters = this.counters[listener]!;
        counters.nacks++;
        counters.nackBytes += bytes.length;
        return true;
      },
    });
  }

  #describe(datagram: Datagram, counters: ListenerCounters): void {
    const epoch = this.#tracker.namedEpoch(datagram);
    if (epoch !== null) this.#writer.describe(datagram, this.#tracker.device, epoch, counters);
  }

  /** @returns whether its owner has it now; one that is another worker's and found no room is counted as shed */
  #isHandedOver(counters: ListenerCounters, bytes: Uint8Array, offset: number, length: number): boolean {
    const exchange = this.#options.exchange;
    if (exchange == null) return false;
    const owner = exchange.otherOwnerOf(this.#datagram);
    if (owner < 0) return false;
    const { listener, local, address, port } = this.#arrival;
    const entry = entryOf(listener, local);
    if (exchange.pass(owner, this.#datagram, entry, bytes, offset, length, address, port)) return true;
    counters.shed++;
    this.#isCounted = true;
    return false;
  }

  #judge(counters: ListenerCounters, bytes: Uint8Array, offset: number, length: number): void {
    const datagram = this.#datagram;
    const arrival = this.#arrival;
    const readings = datagram.readingCount + this.#heldReadings;
    const notes = this.#notesOf(datagram);
    const batches = this.#batches;
    if (!batches.hasRoom(readings, notes) && !batches.makeRoom(readings, notes, arrival.nowMs, true)) {
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
      case VERDICT.REDUNDANT:
        counters.redundant++;
        return;
      case VERDICT.REJECTED:
        counters.rejectArrival(tracker.rejectCode, arrival);
        return;
      case VERDICT.HELD: {
        counters.held++;
        const datagramBytes = bytes.subarray(offset, offset + length);
        this.#held.keep(tracker.device, datagramBytes, datagram.readingCount, arrival);
        return;
      }
      case VERDICT.CONTROL:
        counters.control++;
        if (datagram.descriptions.length > 0) this.#describe(datagram, counters);
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
    tracker.addReadings(this.#writer.write(this.#datagram, place, counters));
  }

  /** of a held datagram that the next step may confirm, at most */
  get #heldReadings(): number {
    return this.#held.size > 0 ? MAX_ENTRIES : 0;
  }

  #notesOf(datagram: Datagram): number {
    const channels = Math.min(datagram.readingCount, CHANNELS_PER_STEP);
    return Math.min(channels + datagram.descriptions.length + NOTES_PER_STEP, BATCH_NOTES);
  }
}
