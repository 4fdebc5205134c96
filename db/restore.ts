import type { DeviceSnapshot, Restored, RunSnapshot } from "../protocol/batch.ts";
import { CAUSE, CAUSES, type Cause, ROW, ROW_FIELDS } from "../protocol/ledger-row.ts";
import type { LedgerState } from "./ledger-state.ts";
import { channelKey } from "./ledger-view.ts";
import { readStateRow } from "./load.ts";
import type { Sqlite } from "./open.ts";
import { undescribedName } from "./view/channel-names.ts";
import { RUN } from "./view/run-rows.ts";

type Absent = RunSnapshot["absent"][number];

/**
 * All the tracker needs to go on where it stopped: every run with its absent ranges at or above its floor.
 * @param state - loaded from the same snapshot of the database
 * @param hasHistory - whether a collector has run on it before
 */
export const buildRestored = (db: Sqlite, state: LedgerState, hasHistory: boolean): Restored => {
  const { nextDevice, nextRun } = readStateRow(db);
  const floors = foldedFloors(db);
  const snapshots = new SnapshotBuilder(state, floors, absentRanges(db, undefined));
  const devices: DeviceSnapshot[] = [];
  for (const slot of state.devices.slots()) devices.push(snapshots.device(slot));
  return { hasHistory, nextDevice, nextRun, devices, fleet: state.fleet };
};

/** One device as it is committed; null when there is none of that slot. */
export const buildSnapshot = (db: Sqlite, state: LedgerState, slot: number): DeviceSnapshot => {
  const runs = Array.from(state.runSlots(slot), (run) => state.runField(run, ROW.RUN));
  return new SnapshotBuilder(state, foldedFloors(db), absentRanges(db, runs)).device(slot);
};

/** Rows of all snapshots lie in one buffer, so that posting them to another thread copies it once. */
class SnapshotBuilder {
  readonly #state: LedgerState;
  readonly #floors: ReadonlyMap<number, number>;
  readonly #absent: ReadonlyMap<number, Absent[]>;
  readonly #rows: Float64Array;
  #used = 0;

  constructor(
    state: LedgerState,
    floors: ReadonlyMap<number, number>,
    absent: ReadonlyMap<number, Absent[]>,
  ) {
    this.#state = state;
    this.#floors = floors;
    this.#absent = absent;
    this.#rows = new Float64Array(state.runs.size * ROW_FIELDS);
  }

  device(slot: number): DeviceSnapshot {
    const { devices } = this.#state;
    return {
      device: devices.number[slot]!,
      id: devices.ids[slot]!,
      source: devices.sources[slot]!,
      runs: Array.from(this.#state.runSlots(slot), (run) => this.#run(run)),
      channels: this.#channels(slot),
    };
  }

  /** Described channels, and those of which only readings are known, by their newest values. */
  #channels(slot: number): DeviceSnapshot["channels"] {
    const { devices, channels, latest } = this.#state;
    const known: DeviceSnapshot["channels"] = [];
    const described = new Set<number>();
    for (const { epoch, channel, name, unit } of channels.list(devices.channels[slot]!)) {
      described.add(channelKey(epoch, channel));
      known.push({ epoch: epochOf(epoch), channel, name, unit });
    }
    for (const { channel, run } of latest.list(devices.latest[slot]!)) {
      const runSlot = this.#state.runs.slotOf(run);
      const epoch = runSlot < 0 ? -1 : this.#state.runField(runSlot, RUN.EPOCH);
      if (described.has(channelKey(epoch, channel))) continue;
      known.push({ epoch: epochOf(epoch), channel, name: undescribedName(channel), unit: "" });
    }
    return known;
  }

  #run(slot: number): RunSnapshot {
    const row = this.#rows.subarray(this.#used, this.#used + ROW_FIELDS);
    this.#used += ROW_FIELDS;
    this.#state.runs.read(slot, row, 0, ROW_FIELDS);
    const run = row[ROW.RUN]!;
    // what was folded into counts can no longer be told apart
    const floor = Math.max(row[ROW.FLOOR]!, this.#floors.get(run) ?? 0);
    row[ROW.FLOOR] = floor;
    const epoch = this.#state.runField(slot, RUN.EPOCH);
    const absent = (this.#absent.get(run) ?? [])
      .filter(({ last }) => last >= floor)
      .map((range) => ({ ...range, first: Math.max(range.first, floor) }));
    return { epoch: epochOf(epoch), index: this.#state.runField(slot, RUN.INDEX), row, absent };
  }
}

const epochOf = (epoch: number): number | null => (epoch < 0 ? null : epoch);

/** Per run, the number after the last lost one whose gap row was folded. */
const foldedFloors = (db: Sqlite): Map<number, number> =>
  new Map(
    db
      .prepare("SELECT run_no, max(last) + 1 FROM folded_gaps WHERE state = 'lost' GROUP BY run_no")
      .raw()
      .all() as [number, number][],
  );

/** Lost and open ranges by run, ascending. */
const absentRanges = (db: Sqlite, runs: readonly number[] | undefined): Map<number, Absent[]> => {
  const ranges = new Map<number, Absent[]>();
  const where = runs === undefined ? "" : "WHERE run_no IN (SELECT value FROM json_each(?))";
  const parameters = runs === undefined ? [] : [JSON.stringify(runs)];
  const rows = db
    .prepare(
      `SELECT run_no, first, last, state, cause, opened_at, time_before, time_after FROM (
         SELECT run_no, first, last, state, cause, opened_at, time_before, time_after FROM gaps WHERE state = 'lost'
         UNION ALL
         SELECT run_no, first, last, 'open', NULL, opened_at, time_before, time_after FROM window_gaps
       ) ${where} ORDER BY run_no, first`,
    )
    .raw()
    .iterate(...parameters) as IterableIterator<
    [number, number, number, "open" | "lost", Cause | null, number, number, number]
  >;
  for (const [run, first, last, state, cause, openedAt, timeBefore, timeAfter] of rows) {
    const range = { first, last, state, cause: causeCode(cause), openedAt, timeBefore, timeAfter };
    const known = ranges.get(run);
    if (known === undefined) ranges.set(run, [range]);
    else known.push(range);
  }
  return ranges;
};

const causeCode = (cause: Cause | null): number =>
  cause === null ? CAUSE.UNDETERMINED : CAUSES.indexOf(cause);
