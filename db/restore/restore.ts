import type { DeviceSnapshot, Restored, RunSnapshot } from "../../protocol/batch.ts";
import { FIRST_NAMED_CHANNEL } from "../../protocol/constants.ts";
import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { undescribedName } from "../../protocol/text.ts";
import type { Sqlite } from "../file/open.ts";
import { EPOCH_COLUMNS } from "../schema/columns.ts";
import { readFleet, readStateRow } from "../tables/state-row.ts";
import { deviceNumberOf, tableRows } from "../tables/table-rows.ts";
import type { PlacedDescription } from "../view/descriptions.ts";
import { EpochNames } from "../view/epoch-names.ts";
import { hasPlace, NO_PLACES, type PlaceSet, placesFromText, placesOf } from "../view/place-set.ts";
import { epochOf } from "../view/run-rows.ts";
import { AbsentRanges, lostOfDevice } from "./absent-ranges.ts";

export interface RestoreOptions {
  /** whether a collector has run on the database before this one */
  hasHistory: boolean;
  /** of more devices than that those that miss something are restored, and those heard last */
  most: number;
  /** whether a device is the asking worker's; default all are */
  owns?: ((id: string) => boolean) | undefined;
}

type DeviceRow = [device: number, id: string, source: string];
type RunRow = [run: number, device: number, epoch: number, index: number, ...fields: number[]];
type NameRow = [device: number, place: number, channel: number, name: string, unit: string];
type DescribedRow = [device: number, epoch: number, described: string];
type LatestRow = [device: number, channel: number, run: number];

const RUN_COLUMNS = ["run_no", "device_no", "epoch", "run", ...EPOCH_COLUMNS];
const RUN_HEAD = RUN_COLUMNS.length - EPOCH_COLUMNS.length;
/** names of no more of a device's epochs are told: ingest remembers those of as many */
const RESTORED_EPOCHS = 8;

/**
 * All the tracker needs to go on where it stopped, read device by device while it is asked for: the whole would be larger than what the
 * tracker makes of it. It comes from the tables alone: they are complete once the writer has started.
 */
export const readRestored = (
  db: Sqlite,
  { hasHistory, most, owns = () => true }: RestoreOptions,
): Restored => {
  const { nextDevice, nextRun } = readStateRow(db);
  const leftOut = leastRecent(db, most, owns);
  return {
    hasHistory,
    nextDevice,
    nextRun,
    devices: devicesOf(db, new AbsentRanges(db), (id) => owns(id) && !leftOut.has(id)),
    leftOut,
    fleet: readFleet(db),
  };
};

/** Ids of those beyond the `most` that miss something, which nobody would close if they stayed in the database, or were heard last. */
const leastRecent = (db: Sqlite, most: number, owns: (id: string) => boolean): Set<string> => {
  const count = db.prepare("SELECT count(*) FROM devices").pluck().get() as number;
  if (count <= most) return new Set();
  const ids = db
    .prepare(
      `SELECT id FROM devices LEFT JOIN epochs USING (device_no)
       GROUP BY device_no ORDER BY max(missing) > 0 DESC, max(last_arrival) DESC, device_no DESC`,
    )
    .pluck()
    .iterate() as IterableIterator<string>;
  const beyond = new Set<string>();
  let room = most;
  for (const id of ids) if (owns(id) && --room < 0) beyond.add(id);
  return beyond;
};

/** A device as the tables have it, or null when they have none of that id. Call it inside one read transaction, as the next. */
export const readDevice = (db: Sqlite, id: string): DeviceSnapshot | null => {
  const device = deviceNumberOf(db, id);
  if (device === undefined) return null;
  const absent = new AbsentRanges(db, lostOfDevice(db, device));
  for (const snapshot of devicesOf(db, absent, () => true, device)) return snapshot;
  return null;
};

/** The runs of one epoch of a device, those of its others are not read: it may have thousands. */
export const readEpoch = (db: Sqlite, device: number, epoch: number | null): RunSnapshot[] => {
  const absent = new AbsentRanges(db, lostOfDevice(db, device, epoch));
  const rows = tableRows<RunRow>(db, "epochs", RUN_COLUMNS, "run_no", { device, epoch });
  return Array.from(rows, (row) => runSnapshot(row, absent));
};

/** One device after the other, from tables that are all in the order of the device's number. @param only - number of the one that is read; undefined = all */
function* devicesOf(
  db: Sqlite,
  absent: AbsentRanges,
  isWanted: (id: string) => boolean,
  only?: number,
): Generator<DeviceSnapshot> {
  const open: { close(): void }[] = [];
  const rowsOf = <Row extends unknown[]>(
    table: string,
    columns: readonly string[],
    order: string,
  ): ByDevice<Row> => {
    const rows = tableRows<Row>(db, table, columns, order, { device: only });
    const reader = new ByDevice(rows, columns.indexOf("device_no"));
    open.push(reader);
    return reader;
  };
  try {
    const runs = rowsOf<RunRow>("epochs", RUN_COLUMNS, "device_no, run_no");
    const nameColumns = ["device_no", "place", "channel", "name", "unit"];
    const names = rowsOf<NameRow>("channel_names", nameColumns, "device_no, place");
    const epochColumns = ["device_no", "epoch", "described"];
    const epochs = rowsOf<DescribedRow>("channel_epochs", epochColumns, "device_no, as_of, rowid");
    const latestColumns = ["device_no", "channel", "run_no"];
    const latest = rowsOf<LatestRow>("latest", latestColumns, "device_no, channel");
    const deviceColumns = ["device_no", "id", "source"];
    const devices = tableRows<DeviceRow>(db, "devices", deviceColumns, "device_no", { device: only });
    for (const [device, id, source] of devices) {
      if (!isWanted(id)) continue;
      const snapshots = runs.take(device).map((row) => runSnapshot(row, absent));
      const described = {
        names: names.take(device).map(([, place, channel, name, unit]) => ({ place, channel, name, unit })),
        epochs: epochs.take(device).map(([, epoch, text]) => ({ epoch, places: placesFromText(text) })),
      };
      const known = channelsOf(snapshots, described, latest.take(device));
      const formerNames = formerNamesOf(described);
      yield { device, id, source, runs: snapshots, channels: known, formerNames };
    }
  } finally {
    for (const reader of open) reader.close();
  }
}

/** Rows in ascending order of their device, taken device by device. */
class ByDevice<Row extends unknown[]> {
  readonly #rows: IterableIterator<Row>;
  readonly #column: number;
  #next: Row | undefined;

  /** @param column - where a row has its device */
  constructor(rows: IterableIterator<Row>, column: number) {
    this.#rows = rows;
    this.#column = column;
    this.#next = this.#read();
  }

  /** The rows of a device, which must be greater than the one asked for before. */
  take(device: number): Row[] {
    const rows: Row[] = [];
    while (this.#next !== undefined && (this.#next[this.#column] as number) <= device) {
      if (this.#next[this.#column] === device) rows.push(this.#next);
      this.#next = this.#read();
    }
    return rows;
  }

  /** A connection with rows left to read cannot be closed. */
  close(): void {
    this.#rows.return?.();
  }

  #read(): Row | undefined {
    const { done, value } = this.#rows.next();
    return done === true ? undefined : value;
  }
}

const runSnapshot = (columns: RunRow, absent: AbsentRanges): RunSnapshot => {
  const [run, device, epoch, index] = columns;
  const row = new Float64Array(ROW_FIELDS);
  row[ROW.RUN] = run;
  row[ROW.DEVICE] = device;
  for (let field = ROW.FIRST; field < ROW_FIELDS; field++) {
    row[field] = columns[RUN_HEAD + field - ROW.FIRST] as number;
  }
  return { epoch: epochOf(epoch), index, row, absent: absent.take(row) };
};

interface Described {
  /** by place */
  names: readonly PlacedDescription[];
  /** those described last come last */
  epochs: readonly { epoch: number; places: PlaceSet }[];
}

/** Names of channels that have none of a number of their sender's, in earlier epochs than those described last. */
const formerNamesOf = ({ names, epochs }: Described): { channel: number; name: string }[] => {
  if (epochs.length <= RESTORED_EPOCHS) return [];
  const last = epochs.slice(-RESTORED_EPOCHS);
  const isFormer = ({ channel, place }: PlacedDescription): boolean =>
    channel >= FIRST_NAMED_CHANNEL && !last.some(({ places }) => hasPlace(places, place));
  return names.filter(isFormer).map(({ channel, name }) => ({ channel, name }));
};

/** Channels of the epochs described last, and those of which only readings are known, by their newest values. */
const channelsOf = (
  runs: readonly RunSnapshot[],
  { names, epochs }: Described,
  latest: readonly LatestRow[],
): DeviceSnapshot["channels"] => {
  const channels: DeviceSnapshot["channels"] = [];
  const placed: PlacedDescription[] = [];
  for (const description of names) placed[description.place] = description;
  for (const { epoch, places } of epochs.slice(-RESTORED_EPOCHS)) {
    for (const place of placesOf(places)) {
      const description = placed[place];
      // its row is lost: the channel goes by its number
      if (description === undefined) continue;
      const { channel, name, unit } = description;
      channels.push({ epoch: epochOf(epoch), channel, name, unit });
    }
  }
  if (latest.length === 0) return channels;
  const described = new EpochNames(names);
  const placesIn = new Map(epochs.map(({ epoch, places }) => [epoch, places]));
  const epochOfRun = new Map(runs.map(({ row, epoch }) => [row[ROW.RUN]!, epoch]));
  for (const [, channel, run] of latest) {
    const epoch = epochOfRun.get(run) ?? null;
    if (described.find(placesIn.get(epoch ?? -1) ?? NO_PLACES, channel) !== undefined) continue;
    channels.push({ epoch, channel, name: undescribedName(channel), unit: "" });
  }
  return channels;
};
