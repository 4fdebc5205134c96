import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { EPOCH_COLUMNS } from "../schema/columns.ts";
import type { LedgerChange } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { placesToText } from "../view/place-set.ts";
import { CHANGE_FIELDS, epochOf, RUN, RUN_FIELDS } from "../view/run-rows.ts";
import { valueForTable } from "../view/table-value.ts";
import { WaitingSlots } from "./waiting-slots.ts";

/** Rows written per flush at least, and as a share of the devices that wait: a device is one row, and one for each run, name and newest value of it that has changed. */
const MIN_ROWS = 2000;
const SHARE = 0.05;
/** A device waits that long before it is due: rows written with every flush would be most of what is written at all. */
const LAG_MS = 4000;

/** For tests; the constants above otherwise. */
export interface CheckpointOptions {
  /** rows written per flush at least */
  minRows?: number | undefined;
  /** how long a device waits before it is due, milliseconds */
  lagMs?: number | undefined;
}

/**
 * Brings the tables for people up to date every few seconds, a bounded number of rows per flush: writing each changed device with each
 * flush would cost as much as the whole datagram path. What waits is in the journal. Devices go in the order in which they began to wait.
 */
export class Checkpoint {
  readonly #state: LedgerState;
  /** device slots, each with the first flush its tables miss; in ascending order of that */
  readonly #waiting = new WaitingSlots();
  readonly #device: Statement;
  readonly #run: Statement;
  readonly #channelName: Statement;
  readonly #freePlace: Statement;
  readonly #channelEpoch: Statement;
  readonly #latest: Statement;
  readonly #forget: Statement[];
  readonly #minRows: number;
  readonly #lagMs: number;
  /** flushes that devices began to wait with, and when; ascending. Devices that wait from `#dueFlush` or before it are due */
  readonly #began: { flush: number; atMs: number }[] = [];
  #dueFlush = -1;
  /** parameters of one row of `epochs`, used again for each */
  readonly #runValues: (number | null)[] = [];
  readonly #row = new Float64Array(RUN_FIELDS);
  #written: number[] = [];
  #skipped: ReadonlySet<number> = new Set();

  constructor(db: Sqlite, state: LedgerState, { minRows, lagMs }: CheckpointOptions) {
    this.#state = state;
    this.#minRows = minRows ?? MIN_ROWS;
    this.#lagMs = lagMs ?? LAG_MS;
    this.#device = db.prepare(
      `INSERT INTO devices VALUES (?, ?, ?, ?)
       ON CONFLICT (device_no) DO UPDATE SET source = excluded.source, as_of = excluded.as_of`,
    );
    const changing = [...EPOCH_COLUMNS, "expired", "as_of"];
    const columns = ["run_no", "device_no", "epoch", "run", ...changing];
    // a row that is replaced would be taken out of its index and put in again
    this.#run = db.prepare(
      `INSERT INTO epochs (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
       ON CONFLICT (run_no) DO UPDATE SET ${changing.map((column) => `${column} = excluded.${column}`).join(", ")}`,
    );
    this.#channelName = db.prepare("INSERT OR REPLACE INTO channel_names VALUES (?, ?, ?, ?, ?, ?)");
    this.#freePlace = db.prepare("DELETE FROM channel_names WHERE device_no = ? AND place = ?");
    this.#channelEpoch = db.prepare(
      `INSERT INTO channel_epochs (device_no, epoch, described, as_of) VALUES (?, ?, ?, ?)
       ON CONFLICT (device_no, ifnull(epoch, -1)) DO UPDATE SET described = excluded.described, as_of = excluded.as_of`,
    );
    this.#latest = db.prepare("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#forget = ["devices", "epochs", "channel_names", "channel_epochs", "latest"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE device_no = ?`),
    );
  }

  /** Devices whose tables are behind. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether `step` would write anything now. @param nowMs - monotonic */
  isDue(nowMs: number): boolean {
    this.#passTime(nowMs);
    const { first } = this.#waiting;
    return first >= 0 && this.#waiting.since(first) <= this.#dueFlush;
  }

  /** A change was applied to the state: its devices wait from that flush on, and from now (monotonic). */
  changed(change: LedgerChange, nowMs: number): void {
    this.#began.push({ flush: change.flush, atMs: nowMs });
    for (const note of change.notes) {
      if (note.note !== "event" && note.note !== "forgotten") this.#wait(note.device, change.flush);
    }
    const { rows, latest } = change;
    for (let at = 0; at < rows.length; at += CHANGE_FIELDS) this.#wait(rows[at + ROW.DEVICE]!, change.flush);
    for (let at = 0; at < latest.count; at++) this.#wait(latest.device[at]!, change.flush);
    for (const note of change.notes) {
      if (note.note === "forgotten") this.#waiting.delete(this.#state.devices.slotOf(note.device));
    }
  }

  /** After a load: every device the journal has advanced waits. */
  changedByReplay(from: number): void {
    const { devices } = this.#state;
    for (const slot of devices.slots()) if (this.#isBehind(slot)) this.#waiting.add(slot, from);
  }

  /**
   * Write what is due, longest waiting first, inside the flush's transaction; `settle` or `undo` must follow.
   * @param skipped - devices that are about to be forgotten
   * @param nowMs - monotonic
   */
  step(skipped: ReadonlySet<number>, nowMs: number): void {
    this.#skipped = skipped;
    this.#passTime(nowMs);
    this.#write(Math.max(this.#minRows, Math.ceil(this.#waiting.size * SHARE)), this.#dueFlush);
  }

  /** Write up to about `rows` rows, due or not; `settle` or `undo` must follow. */
  writeRows(rows: number): void {
    this.#write(rows, Number.POSITIVE_INFINITY);
  }

  /** The first flush the tables will miss once this transaction is committed, given that flush `next` changes something. */
  replayFrom(next: number): number {
    const written = new Set(this.#written);
    for (let slot = this.#waiting.first; slot >= 0; slot = this.#waiting.after(slot)) {
      const device = this.#state.devices.number[slot]!;
      if (!written.has(device) && !this.#skipped.has(device)) {
        return Math.min(this.#waiting.since(slot), next);
      }
    }
    return next;
  }

  /** The transaction was committed. */
  settle(): void {
    const { devices, flush } = this.#state;
    for (const device of this.#written) {
      const slot = devices.slotOf(device);
      this.#waiting.delete(slot);
      devices.asOf[slot] = flush;
    }
    this.undo();
  }

  /** The transaction was rolled back. */
  undo(): void {
    this.#written = [];
    this.#skipped = new Set();
  }

  /** Delete a device's rows; a device that never reached the tables costs nothing. */
  forget(device: number): void {
    const slot = this.#state.devices.slotOf(device);
    if (slot < 0 || this.#state.devices.asOf[slot]! < 0) return;
    for (const statement of this.#forget) statement.run(device);
  }

  #wait(device: number, since: number): void {
    const slot = this.#state.devices.slotOf(device);
    if (slot >= 0) this.#waiting.add(slot, since);
  }

  #passTime(nowMs: number): void {
    let passed = 0;
    while (passed < this.#began.length && this.#began[passed]!.atMs + this.#lagMs <= nowMs) passed++;
    if (passed === 0) return;
    this.#dueFlush = this.#began[passed - 1]!.flush;
    this.#began.splice(0, passed);
  }

  #write(rows: number, lastFlush: number): void {
    let budget = rows;
    for (let slot = this.#waiting.first; slot >= 0; slot = this.#waiting.after(slot)) {
      if (budget <= 0 || this.#waiting.since(slot) > lastFlush) return;
      const device = this.#state.devices.number[slot]!;
      if (this.#skipped.has(device)) continue;
      budget -= this.#writeDevice(slot);
      this.#written.push(device);
    }
  }

  /** @returns how many rows it took */
  #writeDevice(slot: number): number {
    const { devices, flush } = this.#state;
    const number = devices.number[slot]!;
    this.#device.run(number, devices.ids[slot]!, devices.sources[slot]!, flush);
    const asOf = devices.asOf[slot]!;
    return 1 + this.#writeRuns(slot, asOf) + this.#writeChannels(slot, asOf) + this.#writeLatest(slot, asOf);
  }

  #writeRuns(deviceSlot: number, asOf: number): number {
    let count = 0;
    for (const slot of this.#state.runSlots(deviceSlot)) {
      if (this.#state.runField(slot, RUN.CHANGED) <= asOf) continue;
      const row = this.#row;
      this.#state.runs.read(slot, row);
      const values = this.#runValues;
      values[0] = row[ROW.RUN]!;
      values[1] = row[ROW.DEVICE]!;
      values[2] = epochOf(row[RUN.EPOCH]!);
      values[3] = row[RUN.INDEX]!;
      let at = 4;
      for (let field = ROW.FIRST; field < ROW_FIELDS; field++) values[at++] = row[field]!;
      values[at++] = row[RUN.EXPIRED]!;
      values[at] = this.#state.flush;
      this.#run.run(values);
      count++;
    }
    return count;
  }

  #writeChannels(slot: number, asOf: number): number {
    const { devices, channels, flush } = this.#state;
    const device = devices.number[slot]!;
    const head = devices.channels[slot]!;
    let count = 0;
    for (const { place, description } of channels.changedPlaces(head, asOf)) {
      if (description === null) this.#freePlace.run(device, place);
      else {
        const { channel, name, unit } = description;
        this.#channelName.run(device, place, channel, name, unit, flush);
      }
      count++;
    }
    const changed = [...channels.epochs(head)].filter((epoch) => epoch.flush > asOf);
    // the tables have them in the order in which they became known
    for (const { epoch, places } of changed.reverse())
      this.#channelEpoch.run(device, epochOf(epoch), placesToText(places), flush);
    return count + changed.length;
  }

  #writeLatest(slot: number, asOf: number): number {
    const { devices, latest } = this.#state;
    const device = devices.number[slot]!;
    let count = 0;
    for (const entry of latest.list(devices.latest[slot]!)) {
      if (entry.flush <= asOf) continue;
      const { channel, run, sequence, time, type } = entry;
      this.#latest.run(device, channel, run, sequence, time, type, valueForTable(entry.value), entry.flush);
      count++;
    }
    return count;
  }

  #isBehind(slot: number): boolean {
    const { devices } = this.#state;
    const asOf = devices.asOf[slot]!;
    if (asOf < 0 || devices.changed[slot]! > asOf) return true;
    for (const run of this.#state.runSlots(slot)) {
      if (this.#state.runField(run, RUN.CHANGED) > asOf) return true;
    }
    for (const entry of this.#state.latest.list(devices.latest[slot]!)) if (entry.flush > asOf) return true;
    for (const epoch of this.#state.channels.epochs(devices.channels[slot]!))
      if (epoch.flush > asOf) return true;
    return false;
  }
}
