import type { Note } from "../../protocol/batch.ts";
import type { Downtime } from "../../protocol/device-status.ts";
import { emptyFleet, type FleetCounters } from "../../protocol/fleet-counters.ts";
import { isCurrent, ROW, ROW_FIELDS, receivedOf } from "../../protocol/ledger-row.ts";
import type { LedgerChange } from "./change.ts";
import { ChannelNames } from "./channel-names.ts";
import { DeviceTable } from "./device-table.ts";
import { emptyEntry, type LatestColumns, type LatestEntry, LatestValues } from "./latest-values.ts";
import { LedgerSums } from "./ledger-sums.ts";
import { takesFrom } from "./newer-values.ts";
import { CHANGE_FIELDS, RUN, RUN_FIELDS, RunRows } from "./run-rows.ts";
import { RunTotals } from "./run-totals.ts";
import { SendRates } from "./send-rates.ts";

const BLOCK_ROWS = 64;
/** Of a device with more runs it is kept what they come to; to add up so few takes less than to keep that of every device. */
const FEW_RUNS = 8;

/** What a failed commit keeps waiting, for those who may see it as `pending`. */
export type AcceptedChange = Pick<LedgerChange, "notes" | "rows" | "fleet">;

/**
 * The whole ledger in memory: devices, runs, channels, newest values and the fleet's sums. The writer has one (what the database holds,
 * to tell what changed) and so has the main thread (what the API answers from); both advance by the same changes.
 */
export class LedgerState {
  readonly devices = new DeviceTable();
  readonly runs = new RunRows();
  readonly channels = new ChannelNames();
  readonly latest = new LatestValues((run, isLate, other) => takesFrom(this.runs, run, isLate, other));
  /** over all runs, the forgotten ones included */
  readonly sums = new LedgerSums();
  /** where `keepTotals` was called */
  readonly rates = new SendRates();
  readonly forgotten = new LedgerSums();
  /** of devices with many runs, by slot; undefined until somebody asks: the writer's thread never does */
  #totals: Map<number, RunTotals> | undefined;
  forgottenDevices = 0;
  fleet: FleetCounters = emptyFleet();
  /** number and wall time of the last commit it contains; 0 = none */
  flush = 0;
  asOfUs = 0;
  /** wall time: all that arrived before is in it; Infinity = nobody waits for more */
  heardUntilUs = Infinity;
  /** when the collector last did not listen; null = always on this database */
  down: Downtime | null = null;
  /** what a load could not read, and went on without: newest values of what it says */
  readonly damage: string[] = [];
  /** grows with every change, committed or only accepted */
  revision = 0;
  /** one run's row, used again for each that is changed */
  readonly #row = new Float64Array(RUN_FIELDS);
  /** one newest value, likewise */
  readonly #entry = emptyEntry();
  /** rows given out are copies, cut from blocks: a buffer for each would cost more than its content */
  #block = new Float64Array(0);
  #blockUsed = 0;

  /** Advance by one committed flush. */
  apply(change: LedgerChange): void {
    for (const note of change.notes) if (note.note !== "forgotten") this.applyNote(note, change.flush);
    for (let at = 0; at < change.rows.length; at += CHANGE_FIELDS) {
      this.putRow(change.rows, at, change.flush, true);
    }
    this.putLatest(change.latest, change.flush);
    for (const note of change.notes) if (note.note === "forgotten") this.forget(note.device, true);
    this.expireForgotten(change.forgottenExpired);
    this.fleet = change.fleet;
    this.down = change.down;
    this.flush = change.flush;
    this.asOfUs = change.committedAtUs;
    this.revision++;
  }

  /** Show what is accepted and not yet committed: rows rise, and what they rose by is pending. Devices are forgotten by a commit only. */
  accept(change: AcceptedChange): void {
    for (const note of change.notes) {
      if (note.note === "device" || note.note === "run") this.applyNote(note, this.flush);
    }
    for (let at = 0; at < change.rows.length; at += CHANGE_FIELDS) {
      this.putRow(change.rows, at, this.flush, false);
    }
    this.fleet = change.fleet;
    this.revision++;
  }

  applyNote(note: Note, flush: number): void {
    switch (note.note) {
      case "device":
        this.addDevice(note.device, note.id, flush);
        if (note.source !== undefined) this.#setSource(note.device, note.source, flush);
        break;
      case "run":
        this.addRun(note.run, note.device, note.epoch ?? -1, note.index, flush);
        break;
      case "source":
        this.#setSource(note.device, note.source, flush);
        break;
      case "channel": {
        const slot = this.devices.slotOf(note.device);
        if (slot < 0) break;
        const described = { ...note, epoch: note.epoch ?? -1, flush };
        this.devices.channels[slot] = this.channels.describe(this.devices.channels[slot]!, described);
        break;
      }
      case "forgotten":
        this.forget(note.device, true);
        break;
    }
  }

  /** A device known already stays as it is. @returns its slot */
  addDevice(device: number, id: string, flush: number): number {
    const known = this.devices.slotOf(device);
    if (known >= 0) return known;
    const slot = this.devices.add(device, id);
    this.devices.changed[slot] = flush;
    return slot;
  }

  /** A run known already stays as it is. @returns its slot, or -1 when its device is unknown */
  addRun(run: number, device: number, epoch: number, index: number, flush: number): number {
    const known = this.runs.slotOf(run);
    const deviceSlot = this.devices.slotOf(device);
    if (known >= 0 || deviceSlot < 0) return known;
    const slot = this.runs.add(run, device);
    this.runs.set(slot, RUN.EPOCH, epoch);
    this.runs.set(slot, RUN.INDEX, index);
    this.runs.set(slot, RUN.CHANGED, flush);
    const last = this.devices.lastRun[deviceSlot]!;
    if (last < 0) this.devices.firstRun[deviceSlot] = slot;
    else this.runs.set(last, RUN.NEXT, slot);
    this.runs.set(slot, RUN.PREVIOUS, last);
    this.devices.lastRun[deviceSlot] = slot;
    this.#sum(this.sums, slot, 1);
    const totals = this.#totals?.get(deviceSlot);
    if (totals !== undefined) totals.add(slot, this.#row);
    else if (this.#totals !== undefined) this.#keepTotals(deviceSlot);
    return slot;
  }

  /**
   * The run's row becomes the CHANGE_FIELDS values at `from`. A run that is not known (its device was forgotten) is passed over.
   * @param committed - false: received numbers above those of the last commit are pending
   */
  putRow(rows: Float64Array, from: number, flush: number, committed: boolean): void {
    const slot = this.runs.slotOf(rows[from + ROW.RUN]!);
    if (slot < 0) return;
    const before = this.#row;
    this.runs.replace(slot, before, rows, from);
    this.sums.replaceRow(before, rows, from);
    this.runs.set(slot, RUN.CHANGED, flush);
    const pendingBefore = this.runs.get(slot, RUN.PENDING);
    const pending = committed ? 0 : receivedOf(rows, from) - (receivedOf(before, 0) - pendingBefore);
    if (pending !== pendingBefore) {
      this.runs.set(slot, RUN.PENDING, pending);
      this.sums.addPending(pending - pendingBefore);
    }
    if (this.#totals === undefined) return;
    const deviceSlot = this.devices.slotOf(before[ROW.DEVICE]!);
    if (isCurrent(rows[from + ROW.FLAGS]!) || this.#isOnlyRun(deviceSlot))
      this.rates.add(deviceSlot, before, rows, from);
    const totals = this.#totals.get(deviceSlot);
    if (totals === undefined) return;
    totals.sums.addPending(pending - pendingBefore);
    if (!totals.replace(slot, before, rows, from)) this.#keepTotals(deviceSlot);
  }

  /** Set the newest values a commit brought. */
  putLatest(latest: LatestColumns, flush: number): void {
    const entry = this.#entry;
    entry.flush = flush;
    for (let at = 0; at < latest.count; at++) {
      const slot = this.devices.slotOf(latest.device[at]!);
      if (slot < 0) continue;
      entry.device = latest.device[at]!;
      entry.channel = latest.channel[at]!;
      entry.run = latest.run[at]!;
      entry.sequence = latest.sequence[at]!;
      entry.time = latest.time[at]!;
      entry.type = latest.type[at]!;
      entry.value = latest.value[at]!;
      this.devices.latest[slot] = this.latest.put(this.devices.latest[slot]!, entry);
    }
  }

  /** Offer a reading as the newest value of its channel. @param isLate - its number was below the high water of its run before the flush */
  offerLatest(deviceSlot: number, reading: Readonly<LatestEntry>, isLate: boolean): void {
    this.devices.latest[deviceSlot] = this.latest.offer(this.devices.latest[deviceSlot]!, reading, isLate);
  }

  /**
   * R16: the device and its runs go.
   * @param counted - true: their counts go over to the forgotten ones; false: those contain them already
   */
  forget(device: number, counted: boolean): void {
    const slot = this.devices.slotOf(device);
    if (slot < 0) return;
    for (const runSlot of [...this.runSlots(slot)]) {
      if (counted) this.#sum(this.forgotten, runSlot, 1);
      else this.#sum(this.sums, runSlot, -1);
      this.runs.remove(this.runField(runSlot, ROW.RUN));
    }
    if (counted) this.forgottenDevices++;
    this.channels.remove(this.devices.channels[slot]!);
    this.latest.remove(this.devices.latest[slot]!);
    this.#totals?.delete(slot);
    this.rates.clear(slot);
    this.devices.remove(device);
  }

  /** Numbers of forgotten runs that retention removed. */
  expireForgotten(numbers: number): void {
    this.forgotten.addExpired(numbers);
    this.sums.addExpired(numbers);
  }

  /** Slots of a device's runs, in the order they became known. */
  *runSlots(deviceSlot: number): Generator<number> {
    let slot = this.devices.firstRun[deviceSlot]!;
    while (slot >= 0) {
      yield slot;
      slot = this.runField(slot, RUN.NEXT);
    }
  }

  /** From now on what the runs of each device come to is told without looking at all of them, and how fast it sends. */
  keepTotals(): void {
    if (this.#totals !== undefined) return;
    this.#totals = new Map();
    for (const slot of this.devices.slots()) this.#keepTotals(slot);
  }

  /** What the runs of a device come to, where it is kept: it has many. */
  keptTotals(deviceSlot: number): RunTotals | undefined {
    return this.#totals?.get(deviceSlot);
  }

  /** Slot of the run a device is heard on: the current one, else the one heard last, of several the one known first; -1 = none. Nothing is summed up. */
  heardOn(deviceSlot: number): number {
    const kept = this.keptTotals(deviceSlot);
    if (kept !== undefined) return kept.heard;
    let heard = -1;
    for (let slot = this.devices.firstRun[deviceSlot]!; slot >= 0; slot = this.runField(slot, RUN.NEXT)) {
      if (this.isCurrent(slot)) return slot;
      const isLater =
        heard < 0 || this.runField(slot, ROW.LAST_ARRIVAL) > this.runField(heard, ROW.LAST_ARRIVAL);
      if (isLater) heard = slot;
    }
    return heard;
  }

  isCurrent(slot: number): boolean {
    return isCurrent(this.runField(slot, ROW.FLAGS));
  }

  /** What the runs of a device come to; read it at once. */
  totalsOf(deviceSlot: number): RunTotals {
    return this.keptTotals(deviceSlot) ?? this.#sumUp(deviceSlot);
  }

  /** Such a run is heard without being the current one: one of datagrams without numbers never is. */
  #isOnlyRun(deviceSlot: number): boolean {
    return this.devices.firstRun[deviceSlot] === this.devices.lastRun[deviceSlot];
  }

  #keepTotals(deviceSlot: number): void {
    let runs = 0;
    for (let slot = this.devices.firstRun[deviceSlot]!; slot >= 0; slot = this.runField(slot, RUN.NEXT))
      if (++runs > FEW_RUNS) break;
    if (runs > FEW_RUNS) this.#totals!.set(deviceSlot, this.#sumUp(deviceSlot));
  }

  #sumUp(deviceSlot: number): RunTotals {
    const totals = new RunTotals();
    for (let slot = this.devices.firstRun[deviceSlot]!; slot >= 0; slot = this.runField(slot, RUN.NEXT)) {
      this.runs.read(slot, this.#row);
      totals.add(slot, this.#row);
    }
    return totals;
  }

  /** A copy of a run's ledger row. */
  rowOf(slot: number): Float64Array {
    if (this.#blockUsed === this.#block.length) {
      this.#block = new Float64Array(BLOCK_ROWS * ROW_FIELDS);
      this.#blockUsed = 0;
    }
    const row = this.#block.subarray(this.#blockUsed, this.#blockUsed + ROW_FIELDS);
    this.runs.read(slot, this.#block, this.#blockUsed, ROW_FIELDS);
    this.#blockUsed += ROW_FIELDS;
    return row;
  }

  runField(slot: number, field: number): number {
    return this.runs.get(slot, field);
  }

  #setSource(device: number, source: string, flush: number): void {
    const slot = this.devices.slotOf(device);
    if (slot < 0) return;
    this.devices.setSource(slot, source);
    this.devices.changed[slot] = flush;
  }

  #sum(sums: LedgerSums, slot: number, sign: 1 | -1): void {
    this.runs.read(slot, this.#row);
    sums.addRow(this.#row, sign);
  }
}
