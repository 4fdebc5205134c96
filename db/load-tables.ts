import { ROW } from "../protocol/ledger-row.ts";
import { SegmentCorruptError } from "./codec/corrupt.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Sqlite } from "./open.ts";
import { EPOCH_COLUMNS, FORGOTTEN_COLUMNS } from "./schema/columns.ts";
import { readFleet } from "./state-row.ts";
import { type PlaceSet, placesFromText } from "./view/place-set.ts";
import { CHANGE_FIELDS, RUN } from "./view/run-rows.ts";
import { isTableValue, valueFromTable } from "./view/table-value.ts";

const isText = (value: unknown): boolean => typeof value === "string";
/** Columns with something else than integers; what senders announce (`sleep_until`) may be beyond all of these. */
const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: isText,
  source: isText,
  name: isText,
  unit: isText,
  described: isText,
  interval: Number.isFinite,
  clock_base: Number.isFinite,
  sleep_until: Number.isFinite,
  value: isTableValue,
};

/** Reads the tables for people into a ledger: all devices, or one. They may be some flushes behind, each device as its `as_of` says. */
export class TableLoader {
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

  /** All the tables say. */
  load(): void {
    this.#forgotten();
    this.#state.fleet = readFleet(this.#db);
    this.loadDevices();
  }

  /** The same without what belongs to no device. */
  loadDevices(): void {
    this.#devices();
    this.#runs();
    this.#channels();
    this.#latest();
  }

  /** Nothing but the devices and their runs. */
  loadRuns(): void {
    this.#devices();
    this.#runs();
  }

  /** @throws SegmentCorruptError when a column has a value of another kind than was written: but for STRICT tables SQLite minds neither NULL nor a text */
  *#rows(
    table: string,
    columns: readonly string[],
    order: string,
    epoch?: number | null,
  ): Generator<unknown[]> {
    const areSound = columns.map((column) => KINDS[column] ?? Number.isSafeInteger);
    const selected = columns.map((column) => (column === "epoch" ? "ifnull(epoch, -1)" : column));
    const byId = "(SELECT device_no FROM devices WHERE id = ?)";
    const key = typeof this.#only === "number" ? "?" : byId;
    const ofEpoch = epoch === undefined ? "" : " AND epoch IS ?";
    const where = this.#only === undefined ? "" : ` WHERE device_no = ${key}${ofEpoch}`;
    const parameters = [this.#only, epoch].filter((value) => value !== undefined);
    const rows = this.#db
      .prepare(`SELECT ${selected.join(", ")} FROM ${table}${where} ORDER BY ${order}`)
      .raw()
      .iterate(...parameters) as IterableIterator<unknown[]>;
    for (const row of rows) {
      for (let at = 0; at < columns.length; at++) {
        if (areSound[at]!(row[at])) continue;
        throw new SegmentCorruptError(
          `${table}: ${columns[at]} of the row of ${columns[0]} ${row[0]} is not as it was written`,
        );
      }
      yield row;
    }
  }

  #devices(): void {
    const rows = this.#rows("devices", ["device_no", "id", "source", "as_of"], "device_no");
    for (const [device, id, source, asOf] of rows as IterableIterator<[number, string, string, number]>) {
      const slot = this.#state.addDevice(device, id, 0);
      this.#state.devices.setSource(slot, source);
      this.#state.devices.asOf[slot] = asOf;
    }
  }

  #runs(): void {
    const columns = ["run_no", "device_no", "epoch", "run", "expired", "as_of", ...EPOCH_COLUMNS];
    const rows = this.#rows("epochs", columns, "run_no", this.#epoch);
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
      "channel_names",
      ["device_no", "place", "channel", "name", "unit"],
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
    const rows = this.#rows("channel_epochs", ["device_no", "epoch", "described"], "device_no, rowid");
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
      "latest",
      ["device_no", "channel", "run_no", "sequence", "time", "type", "value", "as_of"],
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
      .get() as unknown[] | undefined;
    if (!row?.every((value) => typeof value === "bigint"))
      throw new SegmentCorruptError("forgotten: its row is not as it was written");
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
