import type { Restored } from "../../protocol/batch.ts";
import * as constants from "../../protocol/constants.ts";
import type { Datagram } from "../../protocol/datagram.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import * as ledgerRow from "../../protocol/ledger-row.ts";
import * as sequenceModule from "../../protocol/sequence.ts";
import { Afterwards } from "./afterwards.ts";
import { arrivalsOf } from "./arrival/arrivals.ts";
import { Reordering } from "./arrival/reordering.ts";
import { absoluteSendTime, relativeSendTime } from "./arrival/send-time.ts";
import { isSampled, Transit } from "./arrival/transit.ts";
import type { TrackerContext } from "./context.ts";
import * as deviceSlot from "./device/device-slot.ts";
import { DeviceTable } from "./device/device-table.ts";
import { Liveness } from "./device/liveness.ts";
import { Paths } from "./device/paths.ts";
import { Sources } from "./device/sources.ts";
import { touchNewest } from "./device/touch-newest.ts";
import { AskableGaps } from "./gap/askable-gaps.ts";
import { Deadlines } from "./gap/deadlines.ts";
import { GapCloser } from "./gap/gap-closer.ts";
import { isHeardBy, KernelEvidence } from "./gap/kernel-evidence.ts";
import { OpenWindows, type WriteWindow } from "./gap/open-windows.ts";
import { ShedEvidence } from "./gap/shed-evidence.ts";
import { ClosedRuns } from "./run/closed-runs.ts";
import { CurrentRun } from "./run/current-run.ts";
import { Epochs } from "./run/epochs.ts";
import { HeardRuns } from "./run/heard-runs.ts";
import { NumberSource } from "./run/number-source.ts";
import { OwningRuns } from "./run/owning-runs.ts";
import { RestoreRuns } from "./run/restore-runs.ts";
import { RunLedger } from "./run/run-ledger.ts";
import * as runRow from "./run/run-row.ts";
import * as runState from "./run/run-state.ts";
import { RunTable } from "./run/run-table.ts";
import type { Arrival, TrackerOptions, TrackerSink, Verdict } from "./types.ts";
import * as types from "./types.ts";
import { Admission } from "./verdict/admission.ts";
import { Believer } from "./verdict/belief.ts";
import { Control } from "./verdict/control.ts";
import { DataVerdicts } from "./verdict/data-verdicts.ts";
import { Holds } from "./verdict/holds.ts";
import { Outcome } from "./verdict/outcome.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { KIND } = constants;
const { ROW } = ledgerRow;
const { MAX_SEQUENCE_BITS } = sequenceModule;
const { MARK, RETURN_PATH, SLOT } = deviceSlot;
const { HOT, HOT_FIELDS } = runRow;
const { STEADY } = runState;
const { VERDICT } = types;

/** expected of most fleets: a second epoch is rare among many devices */
const RUNS_PER_DEVICE = 1.25;

/**
 * The ledger of all devices of one ingest worker (docs/ledger.md). Pure: times come in as arguments, changes go out through the sink.
 * The short path is here: the next number of a device that behaves. Everything else is a rule, in a file of its own.
 */
export class Tracker {
  readonly #context: TrackerContext;
  readonly #devices: DeviceTable;
  readonly #runs: RunTable;
  readonly #outcome = new Outcome();
  readonly #sources: Sources;
  readonly #closer: GapCloser;
  readonly #epochs: Epochs;
  readonly #owning: OwningRuns;
  readonly #holds: Holds;
  readonly #admission: Admission;
  readonly #data: DataVerdicts;
  readonly #control: Control;
  readonly #afterwards: Afterwards;
  readonly #believer: Believer;
  readonly #restore: RestoreRuns;
  readonly #paths: Paths | null;
  #hasHistory = false;
  readonly #askable: AskableGaps;
  readonly #liveness: Liveness;

  constructor(options: TrackerOptions, sink: TrackerSink) {
    this.#devices = new DeviceTable(options.hashSeed ?? 0, options.maxDevices);
    this.#runs = new RunTable(options.maxDevices * RUNS_PER_DEVICE);
    const paths = new Set(options.paths).size > 1 ? options.paths! : null;
    this.#paths = paths === null ? null : new Paths(paths, this.#devices, this.#runs);
    const context: TrackerContext = {
      options,
      sink,
      devices: this.#devices,
      runs: this.#runs,
      windows: new Deadlines(),
      openWindows: new OpenWindows(this.#runs),
      shed: new ShedEvidence(),
      kernel: new KernelEvidence((options.workers ?? 1) > 1),
      heard: new HeardRuns(),
      paths: this.#paths,
      reordering: new Reordering(this.#runs),
      transit: new Transit(this.#runs.capacity),
      recovery: options.recovery ?? null,
      breaks: 0,
      downUntilMs: Number.NEGATIVE_INFINITY,
      gapCount: 0,
      runNumbers: new NumberSource(options.worker ?? 0, options.workers ?? 1),
      deviceNumbers: new NumberSource(options.worker ?? 0, options.workers ?? 1),
      archived: 0,
    };
    this.#context = context;
    this.#askable = new AskableGaps(context);
    this.#liveness = new Liveness(context);
    this.#sources = new Sources(this.#devices, this.#runs, sink, this.#paths);
    this.#believer = new Believer(this.#runs, options.windowMs);
    const ledger = new RunLedger(context);
    const restore = new RestoreRuns(context);
    this.#restore = restore;
    const closer = new GapCloser(context);
    this.#closer = closer;
    const closed = new ClosedRuns(context, ledger, closer, restore);
    const sources = this.#sources;
    this.#holds = new Holds(context);
    const current = new CurrentRun(context, sources);
    this.#epochs = new Epochs(context, ledger, closed, current);
    this.#owning = new OwningRuns(this.#runs, (run) => this.#epochs.olderOf(run), options.windowMs);
    this.#admission = new Admission(context, { ledger, closed, holds: this.#holds, sources });
    const parts = {
      context,
      ledger,
      closer,
      epochs: this.#epochs,
      owning: this.#owning,
      current,
      holds: this.#holds,
      admission: this.#admission,
      believer: this.#believer,
      sources,
      outcome: this.#outcome,
    };
    this.#data = new DataVerdicts(parts);
    this.#control = new Control(parts);
    this.#afterwards = new Afterwards(context, closer, this.#epochs, sources);
  }

  // what the last `onDatagram` came to, until the next call:

  /** index into REJECT_REASONS when the verdict is REJECTED, else 0 */
  get rejectCode(): number {
    return this.#outcome.rejectCode;
  }
  /** the device's number, -1 when the datagram made none */
  get device(): number {
    return this.#outcome.device;
  }
  /** the run's number to store under; -1 unless the datagram is to be stored now */
  get run(): number {
    return this.#outcome.run;
  }
  /** the number to store under (full width; for the unsequenced our counter); -1 as above */
  get sequence(): number {
    return this.#outcome.sequence;
  }
  /** usable send time in wall microseconds (relative ones mapped), 0 = unknown: then the arrival stands in. Only when `run >= 0` */
  get sendTimeUs(): number {
    return this.#outcome.sendTimeUs;
  }
  /** the datagram gave a send time and it was out of range (to be counted; docs/protocol.md, "Times") */
  get sendTimeRefused(): boolean {
    return this.#outcome.sendTimeRefused;
  }
  /** inside `sink.heldAccepted`: usable send time of the held datagram, as above */
  get heldSendTimeUs(): number {
    return this.#outcome.heldSendTimeUs;
  }

  /**
   * Whose channels the last control datagram names: those of its epoch once that has a run, or, where it says nothing about numbers, those of
   * the device's datagrams without any. What R6 refused has none: names are no way around its bounds.
   * @returns an epoch, -1 = none declared, or null when its names are not used
   */
  namedEpoch(datagram: Datagram): number | null {
    const { slot } = this.#outcome;
    if (slot < 0) return null;
    // its caller notes them
    touchNewest(this.#devices, this.#runs, slot);
    if (this.#epochs.newestOf(slot, datagram.epoch) >= 0) return datagram.epoch;
    const isOfUnsequenced = datagram.sequence < 0 && this.#devices.int(slot, SLOT.UNSEQUENCED) >= 0;
    return isOfUnsequenced ? -1 : null;
  }

  /** what devices may be asked for again */
  get askable(): AskableGaps {
    return this.#askable;
  }

  /** who speaks and who fell silent */
  get liveness(): Liveness {
    return this.#liveness;
  }

  /** what came by each path; null = all listeners are one */
  get paths(): Paths | null {
    return this.#paths;
  }

  /** How the numbers of a device arrive; null = it is not in memory. */
  arrivalsOf(id: string): DeviceArrivals | null {
    return arrivalsOf(this.#context, id);
  }

  /** Arrivals out of order of all devices: @see Reordering.delays */
  get reorderDelays(): readonly number[] {
    return this.#context.reordering.delays;
  }

  get deviceCount(): number {
    return this.#devices.count;
  }
  get runCount(): number {
    return this.#runs.count;
  }
  get heldCount(): number {
    return this.#holds.count;
  }
  /** absent ranges in memory, open and lost */
  get gapCount(): number {
    return this.#context.gapCount;
  }
  get openGapCount(): number {
    return this.#context.openWindows.openCount;
  }
  /** rows waiting for `drainDirty`; seal the batch before they outgrow it */
  get dirtyRuns(): number {
    return this.#runs.dirtyCount;
  }
  /** operations `drainWindows` would write now (WINDOWS and OPEN together) */
  get windowOps(): number {
    return this.#context.openWindows.ops;
  }

  /** Take over what the database knows. Call once, before `begin`, also with an empty database. */
  restore(restored: Restored): void {
    this.#context.deviceNumbers.atLeast(restored.nextDevice);
    this.#context.runNumbers.atLeast(restored.nextRun);
    this.#hasHistory = restored.hasHistory;
    this.#context.heard.start(restored.nextRun);
    for (const device of restored.devices) {
      // their windows are opened anew when listening begins
      this.#admission.restore(device, Number.POSITIVE_INFINITY, 0);
    }
    for (const id of restored.leftOut) this.#admission.leaveOut(id);
  }

  /** Listening begins now. Call once, after `restore`. @param nowMs - monotonic */
  begin(nowMs: number): void {
    const openUntilMs = nowMs + this.#context.options.windowMs;
    this.#context.breaks = 1;
    this.#context.kernel.begin(nowMs);
    if (this.#hasHistory) this.#context.downUntilMs = openUntilMs;
    this.#restore.reopen(openUntilMs);
  }

  /** Verdict of one decoded datagram of any kind. Nothing of `datagram` is kept. */
  onDatagram(datagram: Datagram, arrival: Arrival): Verdict {
    const slot = this.#devices.find(datagram.idView, datagram.idOffset, datagram.idLength);
    if (slot >= 0 && datagram.kind === KIND.DATA && this.#isNext(slot, datagram, arrival))
      return VERDICT.IN_ORDER;
    this.#outcome.clear(datagram, arrival.arrivalUs);
    const verdict =
      datagram.kind === KIND.DATA
        ? this.#data.verdict(slot, datagram, arrival)
        : this.#control.verdict(slot, datagram, arrival);
    const device = this.#outcome.slot;
    if (device >= 0) this.#afterwards.heard(device, datagram, arrival);
    return verdict;
  }

  /** A datagram without room in the batch (R1): remembered as evidence, no verdict, no new device. */
  onShed(datagram: Datagram, arrival: Arrival): void {
    if (datagram.kind !== KIND.DATA || datagram.sequence < 0) return;
    const slot = this.#devices.find(datagram.idView, datagram.idOffset, datagram.idLength);
    if (slot < 0) return;
    const absoluteUs = absoluteSendTime(datagram, arrival.arrivalUs);
    const relativeUs = relativeSendTime(datagram, arrival.arrivalUs);
    const newest = this.#epochs.newestOf(slot, datagram.epoch);
    const run = this.#owning.newest(newest, datagram, absoluteUs, relativeUs);
    if (run < 0 || !this.#believer.extend(run, datagram.sequence, datagram.sequenceBits, arrival)) return;
    this.#context.shed.add(run, this.#believer.number);
  }

  /** A listener was not OK for a while (R2): no epoch can be said to have begun while we listened across this. */
  onListenerBreak(): void {
    this.#context.breaks++;
  }

  /** The kernel's drop counters were read (R14); just before `tick`, with its times. As `KernelEvidence.sample`. */
  onKernelDrops(nowMs: number, drainedAtMs: number, drops: readonly (number | null)[]): void {
    this.#context.kernel.sample(nowMs, drainedAtMs, drops);
  }

  /** A datagram that could not be decoded came from there (R14). */
  onRejected(address: string, port: number, nowMs: number): void {
    this.#context.kernel.rejected(address, port, nowMs);
  }

  /**
   * Close what is due: gaps with deadline <= drainedAtMs (R9), holds with deadline <= nowMs (R3). Costs what is due, not what is known.
   * @param nowMs - monotonic
   * @param drainedAtMs - monotonic: everything that had arrived before it has been read
   * @param wallUs - wall clock, when the gaps are said to be closed
   * @param most - stop once so much was done, so that the operations of closed gaps fit a batch
   * @returns how much was done: one for each row of a closed gap, each gap to be asked for, each hold, each run without any. `most` or more:
   *   more may be due, call again
   */
  tick(nowMs: number, drainedAtMs: number, wallUs: number, most = Number.POSITIVE_INFINITY): number {
    let done = this.#holds.expire(nowMs, most);
    while (done < most) {
      const run = this.#context.windows.take(drainedAtMs);
      if (run < 0) break;
      done += Math.max(1, this.#closer.closeDue(run, drainedAtMs, wallUs, most - done));
    }
    return done;
  }

  /** At stop: every held datagram is dropped; the sink counts it. */
  decideHeld(): void {
    this.#holds.dropAll();
  }

  /** Count readings of the datagram just accepted, inside `sink.heldAccepted` of the held one. */
  addReadings(count: number): void {
    const { runSlot } = this.#outcome;
    this.#runs.plus(runSlot, ROW.READINGS, count);
    this.#runs.touch(runSlot);
  }

  /**
   * Copy changed rows, each run once, oldest change first; what has no room stays changed.
   * @param rows - ROW_FIELDS values per row
   * @param batch - number of the batch they go into, from 1, see `onArchived`
   * @returns rows written
   */
  drainDirty(rows: Float64Array, maxRows: number, batch: number): number {
    return this.#runs.drain(rows, maxRows, batch);
  }

  /**
   * The open gaps of runs whose open gaps changed since the last call: `beginRun(run)`, then `write` for each (possibly none).
   * @param maxOps - runs that do not fit whole stay for the next call
   */
  drainWindows(write: WriteWindow, beginRun: (run: number) => void, maxOps = Number.POSITIVE_INFINITY): void {
    this.#context.openWindows.drain(write, beginRun, maxOps);
  }

  /** The archive gives what all batches up to this number carried: that may be paged out (R16). */
  onArchived(batch: number): void {
    this.#context.archived = batch;
  }

  /** The short path: the number after the high water of the current run, where nothing asks for a second thought. */
  #isNext(slot: number, datagram: Datagram, arrival: Arrival): boolean {
    const runs = this.#runs;
    const devices = this.#devices;
    const run = devices.int(slot, SLOT.CURRENT);
    if (run < 0 || runs.steady[run] === STEADY.NO || runs.epoch[run] !== datagram.epoch) return false;
    const hot = runs.hot;
    const base = run * HOT_FIELDS;
    const number = datagram.sequence;
    if (hot[base + ROW.HIGH_WATER]! + 1 !== number || datagram.sequenceBits !== MAX_SEQUENCE_BITS)
      return false;
    const arrivalUs = arrival.arrivalUs;
    const time = absoluteSendTime(datagram, arrivalUs);
    if (time === 0 && datagram.sendTimeUs !== 0) return false;
    if (!this.#sources.isReported(slot, arrival)) return false;
    if (!isHeardBy(devices.int(slot, SLOT.HEARD_BY), arrival.listener)) return false;
    // its address has a socket since, or it sends to another one: that is where it is asked from
    if (devices.int(slot, SLOT.RETURN_LOCAL) !== arrival.local) return false;
    if (datagram.isNative && devices.int(slot, SLOT.RETURN_PATH) === RETURN_PATH.FOREIGN) return false;

    if (time !== 0 && isSampled(number, hot[base + HOT.INTERVAL]!)) this.#notePair(run, datagram, arrival);
    hot[base + ROW.HIGH_WATER] = number;
    hot[base + ROW.IN_ORDER] = hot[base + ROW.IN_ORDER]! + 1;
    if (time > hot[base + HOT.MAX_SEND_TIME]!) hot[base + HOT.MAX_SEND_TIME] = time;
    hot[base + HOT.HIGH_WATER_AT] = arrivalUs;
    runs.highTime[run] = time === 0 ? arrivalUs : time;
    runs.clearMs[run] = this.#context.kernel.coveredMs;
    runs.heardSteady(run, arrival);
    devices.hear(slot, arrival);
    devices.setInt(slot, SLOT.BREAKS, this.#context.breaks);
    if (this.#paths !== null) {
      this.#paths.heardSource(slot, arrival.listener);
      this.#paths.first(run, number, arrival.listener, arrival.nowMs);
    }
    const outcome = this.#outcome;
    outcome.accept(devices.mark(slot, MARK.DEVICE), hot[base + ROW.RUN]!, run);
    outcome.sequence = number;
    outcome.sendTimeUs = time;
    return true;
  }

  /** The number after the high water came: what the two tell of the way here. Apart from the short path, which is short. */
  #notePair(run: number, datagram: Datagram, arrival: Arrival): void {
    const runs = this.#runs;
    const { arrivalUs } = arrival;
    const time = absoluteSendTime(datagram, arrivalUs);
    if (!runs.isHighSentLast(run)) return;
    const formerUs = runs.at(run, ROW.HIGH_WATER_AT) - runs.highTime[run]!;
    this.#context.transit.add(run, formerUs, arrivalUs - time, arrivalUs);
  }
}
