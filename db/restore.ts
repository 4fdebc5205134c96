import type { DeviceSnapshot, Restored, RunSnapshot } from "../protocol/batch.ts";
import { FIRST_NAMED_CHANNEL } from "../protocol/constants.ts";
import { ROW, ROW_FIELDS } from "../protocol/ledger-row.ts";
import { undescribedName } from "../protocol/text.ts";
import { AbsentRanges, lostOfDevice } from "./absent-ranges.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Sqlite } from "./open.ts";
import { EPOCH_COLUMNS } from "./schema/columns.ts";
import { readFleet, readStateRow } from "./state-row.ts";
import type { PlacedDescription } from "./view/descriptions.ts";
import { EpochNames } from "./view/epoch-names.ts";
import { hasPlace, NO_PLACES, type PlaceSet, placesFromText, placesOf } from "./view/place-set.ts";
import { epochOf, RUN } from "./view/run-rows.ts";

export interface RestoreOptions {
  /** whether a collector has run on the database before this one */
  hasHistory: boolean;
  /** of more devices than that those heard last are restored */
  most: number;
  /** whether a device is the asking worker's; default all are */
  owns?: ((id: string) => boolean) | undefined;
}

type DeviceRow = [device: number, id: string, source: string];
type RunRow = [run: number, device: number, epoch: number | null, index: number, ...fields: number[]];
type NameRow = [device: number, place: number, channel: number, name: string, unit: string];
type DescribedRow = [device: number, epoch: number, described: string];
type LatestRow = [device: number, channel: number, run: number];

const RUN_HEAD = 4;
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
    devices: devicesOf(db, (id) => owns(id) && !leftOut.has(id)),
    leftOut,
    fleet: readFleet(db),
  };
};

/** Ids of those beyond the `most` heard last. */
const leastRecent = (db: Sqlite, most: number, owns: (id: string) => boolean): Set<string> => {
  const count = db.prepare("SELECT count(*) FROM devices").pluck().get() as number;
  if (count <= most) return new Set();
  const ids = db
    .prepare(
      `SELECT id FROM devices LEFT JOIN epochs USING (device_no)
       GROUP BY device_no ORDER BY max(last_arrival) DESC, device_no DESC`,
    )
    .pluck()
    .iterate() as IterableIterator<string>;
  const beyond = new Set<string>();
  let room = most;
  for (const id of ids) if (owns(id) && --room < 0) beyond.add(id);
  return beyond;
};

/** One device after the other, from tables that are all in the order of the device's number. */
function* devicesOf(db: Sqlite, isWanted: (id: string) => boolean): Generator<DeviceSnapshot> {
  const rows = <Row extends unknown[]>(sql: string): IterableIterator<Row> =>
    db.prepare(sql).raw().iterate() as IterableIterator<Row>;
  const open: { close(): void }[] = [];
  const byDevice = <Row extends unknown[]>(sql: string, column = 0): ByDevice<Row> => {
    const reader = new ByDevice(rows<Row>(sql), column);
    open.push(reader);
    return reader;
  };
  const absent = new AbsentRanges(db);
  const fields = EPOCH_COLUMNS.join(", ");
  try {
    const runs = byDevice<RunRow>(
      `SELECT run_no, device_no, epoch, run, ${fields} FROM epochs ORDER BY device_no, run_no`,
      1,
    );
    const names = byDevice<NameRow>(
      "SELECT device_no, place, channel, name, unit FROM channel_names ORDER BY device_no, place",
    );
    const epochs = byDevice<DescribedRow>(
      "SELECT device_no, ifnull(epoch, -1), described FROM channel_epochs ORDER BY device_no, as_of, rowid",
    );
    const latest = byDevice<LatestRow>(
      "SELECT device_no, channel, run_no FROM latest ORDER BY device_no, channel",
    );
    const devices = rows<DeviceRow>("SELECT device_no, id, source FROM devices ORDER BY device_no");
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
  return { epoch, index, row, absent: absent.take(row) };
};

/** The runs of a device that `state` has. @param only - the epoch they are of, null = none; undefined = it has all of them */
export const runsOf = (db: Sqlite, state: LedgerState, slot: number, only?: number | null): RunSnapshot[] => {
  const absent = new AbsentRanges(db, lostOfDevice(db, state.devices.number[slot]!, only));
  const runs: RunSnapshot[] = [];
  for (const run of state.runSlots(slot)) {
    const epoch = epochOf(state.runField(run, RUN.EPOCH));
    const row = state.rowOf(run);
    runs.push({ epoch, index: state.runField(run, RUN.INDEX), row, absent: absent.take(row) });
  }
  return runs;
};

/** One device as `state` has it, which was loaded from the same snapshot of the database. */
export const snapshotOf = (db: Sqlite, state: LedgerState, slot: number): DeviceSnapshot => {
  const { devices, channels, latest } = state;
  const device = devices.number[slot]!;
  const runs = runsOf(db, state, slot);
  const head = devices.channels[slot]!;
  const described = {
    names: channels.descriptions(head),
    epochs: [...channels.epochs(head)].reverse(),
  };
  const newest = Array.from(
    latest.list(devices.latest[slot]!),
    ({ channel, run }): LatestRow => [device, channel, run],
  );
  return {
    device,
    id: devices.ids[slot]!,
    source: devices.sources[slot]!,
    runs,
    channels: channelsOf(runs, described, newest),
    formerNames: formerNamesOf(described),
  };
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
