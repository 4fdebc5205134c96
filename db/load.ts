import { messageOf } from "../common/errors.ts";
import type { FleetCounters } from "../protocol/batch.ts";
import { ROW } from "../protocol/ledger-row.ts";
import { emptyFleet } from "./change.ts";
import { inSegment, SegmentCorruptError } from "./codec/corrupt.ts";
import { decodeRecord, type JournalRecord } from "./journal.ts";
import type { JournalIndex } from "./journal-index.ts";
import { LedgerState } from "./ledger-state.ts";
import type { Sqlite } from "./open.ts";
import { EPOCH_COLUMNS, FORGOTTEN_COLUMNS } from "./schema/columns.ts";
import { SegmentReader } from "./segment/segment-reader.ts";
import { type PlaceSet, placesFromText } from "./view/place-set.ts";
import { CHANGE_FIELDS, RUN } from "./view/run-rows.ts";
import { valueFromTable } from "./view/table-value.ts";

/** Where the newest flush left the collector. Times in microseconds. */
export interface StateRow {
  lastFlush: number;
  /** the first flush the tables may not contain completely */
  replayFrom: number;
  nextDevice: number;
  nextRun: number;
  committedAtUs: number;
  startedAtUs: number | null;
  stoppedAtUs: number | null;
}

/** Columns of `flushes`. */
export const STATE_COLUMNS = {
  replayFrom: "replay_from",
  nextDevice: "next_device",
  nextRun: "next_run",
  committedAtUs: "committed_at",
  startedAtUs: "started_at",
  stoppedAtUs: "stopped_at",
} as const satisfies Record<Exclude<keyof StateRow, "lastFlush">, string>;

const NEWEST = "FROM flushes ORDER BY flush DESC LIMIT 1";

export const readStateRow = (db: Sqlite): StateRow => {
  const columns = Object.entries(STATE_COLUMNS).map(([field, column]) => `${column} AS ${field}`);
  return db.prepare(`SELECT flush AS lastFlush, ${columns.join(", ")} ${NEWEST}`).get() as StateRow;
};

/**
 * The ledger as of the last commit: the tables, then what the journal says they have not caught up with. Call it inside one read
 * transaction.
 * @param only - id or number of the one device to load; undefined = all
 * @param index - of a connection that loads single devices: the records of others are left out
 */
export const loadLedger = (db: Sqlite, only?: string | number, index?: JournalIndex): LedgerState => {
  const state = new LedgerState();
  new TableLoader(db, state, only).load();
  const { lastFlush, replayFrom, committedAtUs } = readStateRow(db);
  if (only === undefined || index === undefined) replay(db, state, replayFrom, only);
  else replayOf(db, state, replayFrom, only, index);
  state.latest.takeChanged();
  state.flush = lastFlush;
  state.asOfUs = committedAtUs;
  // until the collector says when it began to listen
  if (committedAtUs > 0) state.down = { fromUs: committedAtUs, toUs: Number.POSITIVE_INFINITY };
  return state;
};

/**
 * One device as far as its runs of one epoch go: it may have thousands of others. Runs of other epochs are in it where the tables do not have them yet;
 * what it has of channels and newest values is not all there is.
 */
export const loadEpochRuns = (
  db: Sqlite,
  device: number,
  epoch: number | null,
  index: JournalIndex,
): LedgerState => {
  const state = new LedgerState();
  new TableLoader(db, state, device, epoch).loadRuns();
  replayOf(db, state, readStateRow(db).replayFrom, device, index);
  return state;
};

class TableLoader {
  readonly #db: Sqlite;
  readonly #state: LedgerState;
  readonly #only: string | number | undefined;
  readonly #epoch: number | null | undefined;

  /** @param epoch - of the runs of the one device, null = none; undefined = all */
  constructor(db: Sqlite, state: LedgerState, only: string | number | undefined, epoch?: number | null) {
    this.#db = db;
    this.#state = state;
    this.#only = only;
    this.#epoch = epoch;
  }

  load(): void {
    this.#forgotten();
    this.#state.fleet = readFleet(this.#db);
    this.#devices();
    this.#runs();
    this.#channels();
    this.#latest();
  }

  loadRuns(): void {
    this.#devices();
    this.#runs();
  }

  #rows(sql: string, order: string, epoch?: number | null): IterableIterator<unknown[]> {
    const byId = "(SELECT device_no FROM devices WHERE id = ?)";
    const key = typeof this.#only === "number" ? "?" : byId;
    const ofEpoch = epoch === undefined ? "" : " AND epoch IS ?";
    const where = this.#only === undefined ? "" : ` WHERE device_no = ${key}${ofEpoch}`;
    const parameters = [this.#only, epoch].filter((value) => value !== undefined);
    return this.#db
      .prepare(`${sql}${where} ORDER BY ${order}`)
      .raw()
      .iterate(...parameters) as IterableIterator<unknown[]>;
  }

  #devices(): void {
    const rows = this.#rows("SELECT device_no, id, source, as_of FROM devices", "device_no");
    for (const [device, id, source, asOf] of rows as IterableIterator<[number, string, string, number]>) {
      const slot = this.#state.addDevice(device, id, 0);
      this.#state.devices.setSource(slot, source);
      this.#state.devices.asOf[slot] = asOf;
    }
  }

  #runs(): void {
    const columns = EPOCH_COLUMNS.join(", ");
    const rows = this.#rows(
      `SELECT run_no, device_no, ifnull(epoch, -1), run, expired, as_of, ${columns} FROM epochs`,
      "run_no",
      this.#epoch,
    );
    const values = new Float64Array(CHANGE_FIELDS);
    for (const row of rows as IterableIterator<number[]>) {
      const [run = 0, device = 0, epoch = -1, index = 0, expired = 0, asOf = 0] = row;
      values[ROW.RUN] = run;
      values[ROW.DEVICE] = device;
      for (let column = 0; column < EPOCH_COLUMNS.length; column++) {
        values[ROW.FIRST + column] = row[6 + column]!;
      }
      values[RUN.EXPIRED] = expired;
      this.#state.addRun(run, device, epoch, index, 0);
      this.#state.putRow(values, 0, asOf, true);
    }
  }

  #channels(): void {
    const { devices, channels } = this.#state;
    const names = this.#rows(
      "SELECT device_no, place, channel, name, unit FROM channel_names",
      "device_no, place",
    );
    for (const [device, place, channel, name, unit] of names as IterableIterator<
      [number, number, number, string, string]
    >) {
      const slot = devices.slotOf(device);
      if (slot < 0) continue;
      const described = { place, channel, name, unit };
      devices.channels[slot] = channels.restore(devices.channels[slot]!, described);
    }
    const rows = this.#rows(
      "SELECT device_no, ifnull(epoch, -1), described FROM channel_epochs",
      "device_no, rowid",
    );
    let leftOut = 0;
    for (const [device, epochs] of byDevice(rows as IterableIterator<DescribedRow>)) {
      const slot = devices.slotOf(device);
      if (slot < 0) continue;
      const restored = channels.restoreEpochs(devices.channels[slot]!, epochs, devices.asOf[slot]! + 1);
      devices.channels[slot] = restored.head;
      leftOut += restored.leftOut;
    }
    if (leftOut > 0)
      this.#state.damage.push(
        `descriptions of channels are gone, ${leftOut} in all: these go by their numbers`,
      );
  }

  #latest(): void {
    const rows = this.#rows(
      "SELECT device_no, channel, run_no, sequence, time, type, value, as_of FROM latest",
      "device_no, channel",
    );
    for (const [device, channel, run, sequence, time, type, value, flush] of rows as IterableIterator<
      [number, number, number, number, number, number, number | string | null, number]
    >) {
      const reading = { device, channel, run, sequence, time, type, value: valueFromTable(value), flush };
      const { devices, latest } = this.#state;
      const slot = devices.slotOf(device);
      if (slot < 0) continue;
      devices.latest[slot] = latest.append(devices.latest[slot]!, reading);
    }
  }

  #forgotten(): void {
    const row = this.#db
      .prepare(`SELECT devices, ${FORGOTTEN_COLUMNS.join(", ")} FROM forgotten`)
      .raw()
      .safeIntegers()
      .get() as bigint[];
    const [devices = 0n, ...columns] = row;
    this.#state.forgottenDevices = Number(devices);
    this.#state.forgotten.addColumns(columns);
    this.#state.sums.addColumns(columns);
  }
}

type DescribedRow = [device: number, epoch: number, described: string];

/** Rows that are in the order of their devices, device by device. */
function* byDevice(
  rows: Iterable<DescribedRow>,
): Generator<[device: number, epochs: { epoch: number; places: PlaceSet }[]]> {
  let of = -1;
  let epochs: { epoch: number; places: PlaceSet }[] = [];
  for (const [device, epoch, described] of rows) {
    if (device !== of && epochs.length > 0) {
      yield [of, epochs];
      epochs = [];
    }
    of = device;
    epochs.push({ epoch, places: placesFromText(described) });
  }
  if (epochs.length > 0) yield [of, epochs];
}

/** The fleet's counters that belong to no run. @throws SegmentCorruptError */
export const readFleet = (db: Sqlite): FleetCounters => {
  const text = db.prepare(`SELECT fleet ${NEWEST}`).pluck().get() as string;
  try {
    return { ...emptyFleet(), ...(JSON.parse(text) as Partial<FleetCounters>) };
  } catch (error) {
    throw new SegmentCorruptError(`counters of the fleet: ${messageOf(error)}`);
  }
};

/** Advance the tables' state by the journal, leaving out what a device's `as_of` already covers. */
const replay = (db: Sqlite, state: LedgerState, from: number, only: string | number | undefined): void => {
  const flushes = db
    .prepare("SELECT flush, changes, data FROM flushes WHERE flush >= ? ORDER BY flush")
    .raw();
  for (const row of flushes.iterate(from) as IterableIterator<FlushRow>) replayFlush(state, row, only);
};

/** The same of one device, from the flushes that may say something of it. */
const replayOf = (
  db: Sqlite,
  state: LedgerState,
  from: number,
  only: string | number,
  index: JournalIndex,
): void => {
  index.update(db, from);
  const one = db.prepare("SELECT flush, changes, data FROM flushes WHERE flush = ?").raw();
  for (const flush of index.flushesOf(state, only)) replayFlush(state, one.get(flush) as FlushRow, only);
};

type FlushRow = [flush: number, changes: Buffer, data: Buffer];

const replayFlush = (
  state: LedgerState,
  [flush, changes, data]: FlushRow,
  only: string | number | undefined,
): void => {
  const record = inSegment(flush, () => decodeRecord(state, flush, changes));
  const highWaters = replayRecord(state, record, only);
  if (data.length > 0) offerLatest(state, flush, data, highWaters);
  for (const note of record.notes) if (note.note === "forgotten") state.forget(note.device, false);
};

/** @returns the high water of each run before the flush */
const replayRecord = (
  state: LedgerState,
  { flush, notes, rows }: JournalRecord,
  only: string | number | undefined,
): ReadonlyMap<number, number> => {
  const highWaters = new Map<number, number>();
  for (const note of notes) {
    if (note.note === "forgotten" || note.note === "event") continue;
    if (note.note === "device" && only !== undefined && note.id !== only && note.device !== only) continue;
    if (isBehind(state, note.device, flush)) state.applyNote(note, flush);
  }
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    const slot = state.runs.slotOf(rows[at + ROW.RUN]!);
    // a row the tables are ahead of was decoded against the wrong state: nothing in it can be trusted, its device neither
    if (slot >= 0 && isBehind(state, state.runField(slot, ROW.DEVICE), flush)) {
      highWaters.set(rows[at + ROW.RUN]!, state.runField(slot, ROW.HIGH_WATER));
      state.putRow(rows, at, flush, true);
    }
  }
  return highWaters;
};

/** A device the tables do not know is behind too: its note is about to make it. */
const isBehind = (state: LedgerState, device: number, flush: number): boolean => {
  const slot = state.devices.slotOf(device);
  return slot < 0 || state.devices.asOf[slot]! < flush;
};

/** The ledger says all there is to say of a segment but the newest values: where it is damaged they stay what they were. */
const offerLatest = (
  state: LedgerState,
  flush: number,
  data: Buffer,
  highWaters: ReadonlyMap<number, number>,
): void => {
  try {
    inSegment(flush, () => replayLatest(state, flush, data, highWaters));
  } catch (error) {
    if (!(error instanceof SegmentCorruptError)) throw error;
    state.damage.push(error.message);
  }
};

const replayLatest = (
  state: LedgerState,
  flush: number,
  data: Buffer,
  highWaters: ReadonlyMap<number, number>,
): void => {
  const reader = new SegmentReader(data);
  // the newest run first, as `takeNewest` offers them: late numbers of a newer run must not push out what an older one brought
  for (const run of [...reader.runNumbers].reverse()) {
    const runSlot = state.runs.slotOf(run);
    if (runSlot < 0) continue;
    const device = state.runField(runSlot, ROW.DEVICE);
    if (isBehind(state, device, flush)) offerRun(reader, state, run, flush, highWaters.get(run) ?? -1);
  }
  reader.release();
};

const offerRun = (
  reader: SegmentReader,
  state: LedgerState,
  run: number,
  flush: number,
  highWater: number,
): void => {
  const columns = reader.readRun(run);
  if (columns === null) return;
  const deviceSlot = state.devices.slotOf(state.runField(state.runs.slotOf(run), ROW.DEVICE));
  // the newest first, as `takeNewest` offers them: where there is no room for all channels it goes to the same ones
  for (let datagram = columns.datagramCount - 1; datagram >= 0; datagram--) {
    const end = columns.readingStart[datagram + 1]!;
    for (let reading = columns.readingStart[datagram]!; reading < end; reading++) {
      const entry = {
        device: state.devices.number[deviceSlot]!,
        channel: columns.channel[reading]!,
        run,
        sequence: columns.sequence[datagram]!,
        time: columns.readingTime[reading]!,
        type: columns.type[reading]!,
        value: columns.value[reading]!,
        flush,
      };
      state.offerLatest(deviceSlot, entry, entry.sequence <= highWater);
    }
  }
};
