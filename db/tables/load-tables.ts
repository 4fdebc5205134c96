import { ROW } from "../../protocol/ledger-row.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";
import { EPOCH_COLUMNS, FORGOTTEN_COLUMNS } from "../schema/columns.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { type PlaceSet, placesFromText } from "../view/place-set.ts";
import { CHANGE_FIELDS, RUN } from "../view/run-rows.ts";
import { valueFromTable } from "../view/table-value.ts";
import { readFleet } from "./state-row.ts";
import { deviceNumberOf, tableRows } from "./table-rows.ts";

type DeviceRow = [device: number, id: string, source: string, asOf: number];
type NameRow = [device: number, place: number, channel: number, name: string, unit: string];
type DescribedRow = [device: number, epoch: number, described: string];
type LatestRow = [
  device: number,
  channel: number,
  run: number,
  sequence: number,
  time: number,
  type: number,
  value: number | string | null,
  flush: number,
];

/** has no rows */
const NO_DEVICE = -1;

/** Reads the tables for people into a ledger: all devices, or one. They may be some flushes behind, each device as its `as_of` says. */
export class TableLoader {
  readonly #db: Sqlite;
  readonly #state: LedgerState;
  readonly #device: number | undefined;

  /** @param only - id of the one device to load; undefined = all */
  constructor(db: Sqlite, state: LedgerState, only: string | undefined) {
    this.#db = db;
    this.#state = state;
    this.#device = only === undefined ? undefined : (deviceNumberOf(db, only) ?? NO_DEVICE);
  }

  /** All the tables say. */
  load(): void {
    this.#forgotten();
    this.#state.fleet = readFleet(this.#db);
    this.#devices();
    this.#runs();
    this.#channels();
    this.#latest();
  }

  #rows<Row extends unknown[]>(table: string, columns: readonly string[], order: string): Generator<Row> {
    return tableRows(this.#db, table, columns, order, { device: this.#device });
  }

  #devices(): void {
    const rows = this.#rows<DeviceRow>("devices", ["device_no", "id", "source", "as_of"], "device_no");
    for (const [device, id, source, asOf] of rows) {
      const slot = this.#state.addDevice(device, id, 0);
      this.#state.devices.setSource(slot, source);
      this.#state.devices.asOf[slot] = asOf;
    }
  }

  #runs(): void {
    const columns = ["run_no", "device_no", "epoch", "run", "expired", "as_of", ...EPOCH_COLUMNS];
    const rows = this.#rows<number[]>("epochs", columns, "run_no");
    const values = new Float64Array(CHANGE_FIELDS);
    for (const row of rows) {
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
    const names = this.#rows<NameRow>(
      "channel_names",
      ["device_no", "place", "channel", "name", "unit"],
      "device_no, place",
    );
    for (const [device, place, channel, name, unit] of names) {
      const slot = devices.slotOf(device);
      if (slot < 0) continue;
      const described = { place, channel, name, unit };
      devices.channels[slot] = channels.restore(devices.channels[slot]!, described);
    }
    const columns = ["device_no", "epoch", "described"];
    const rows = this.#rows<DescribedRow>("channel_epochs", columns, "device_no, rowid");
    let leftOut = 0;
    for (const [device, epochs] of byDevice(rows)) {
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
    const rows = this.#rows<LatestRow>(
      "latest",
      ["device_no", "channel", "run_no", "sequence", "time", "type", "value", "as_of"],
      "device_no, channel",
    );
    for (const [device, channel, run, sequence, time, type, value, flush] of rows) {
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
      .get() as unknown[] | undefined;
    if (!row?.every((value) => typeof value === "bigint"))
      throw new SegmentCorruptError("forgotten: its row is not as it was written");
    const [devices = 0n, ...columns] = row;
    this.#state.forgottenDevices = Number(devices);
    this.#state.forgotten.addColumns(columns);
    this.#state.sums.addColumns(columns);
  }
}

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
