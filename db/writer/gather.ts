import { BATCH_ROWS, Batch, type BatchMessage, type Note, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { emptyFleet, type FleetCounters } from "../../protocol/fleet-counters.ts";
import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { unpackNotes } from "../../protocol/packed-notes.ts";
import type { EventNote } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { NumberMap } from "../view/number-map.ts";
import { CHANGE_FIELDS, RUN } from "../view/run-rows.ts";

/** What the waiting batches bring together, before anything is written. */
export interface Gathered {
  batches: Batch[];
  /** without events */
  notes: Note[];
  /** ids of the devices made in these batches */
  newIds: Map<number, string>;
  events: EventNote[];
  /** counters of each ingest worker as its last batch tells them, by index */
  fleets: readonly FleetCounters[];
  /** devices forgotten in these batches, and all their runs */
  forgottenDevices: Set<number>;
  forgottenRuns: Set<number>;
  /** where each changed run's last row lies: index of the batch * BATCH_ROWS + index of the row */
  rowAt: NumberMap;
  /** the greatest device and run numbers made, 0 = none */
  lastDevice: number;
  lastRun: number;
}

/** @param fleets - the counters of the workers while no batch brings newer ones */
export const gather = (
  messages: readonly BatchMessage[],
  state: LedgerState,
  fleets: readonly FleetCounters[],
): Gathered => {
  const batches = messages.map(({ buffer }) => new Batch(buffer));
  const gathered: Gathered = {
    batches,
    notes: [],
    newIds: new Map(),
    events: [],
    fleets: newestFleets(messages, fleets),
    forgottenDevices: new Set(),
    forgottenRuns: new Set(),
    rowAt: new NumberMap(batches.reduce((rows, { rowCount }) => rows + rowCount, 0)),
    lastDevice: 0,
    lastRun: 0,
  };
  for (const [index, message] of messages.entries()) {
    const batch = batches[index]!;
    for (const note of unpackNotes(message.notes)) gatherNote(gathered, note);
    for (let row = 0; row < batch.rowCount; row++) {
      gathered.rowAt.set(batch.rows[row * ROW_FIELDS + ROW.RUN]!, index * BATCH_ROWS + row);
    }
  }
  findForgottenRuns(gathered, state);
  return gathered;
};

/** The counters of each worker after these batches. */
export const newestFleets = (
  messages: readonly BatchMessage[],
  fleets: readonly FleetCounters[],
): readonly FleetCounters[] => {
  const newest = [...fleets];
  for (const { worker, fleet } of messages) {
    // a worker may be heard of before one with a smaller index
    while (newest.length < worker) newest.push(emptyFleet());
    newest[worker] = fleet;
  }
  return newest;
};

export const holdsDatagrams = ({ batches }: Gathered): boolean =>
  batches.some((batch) => batch.datagramCount > 0);

const gatherNote = (gathered: Gathered, note: Note): void => {
  if (note.note === "event") {
    gathered.events.push(note);
    return;
  }
  gathered.notes.push(note);
  if (note.note === "device") {
    gathered.newIds.set(note.device, note.id);
    gathered.lastDevice = Math.max(gathered.lastDevice, note.device);
  } else if (note.note === "run") gathered.lastRun = Math.max(gathered.lastRun, note.run);
  else if (note.note === "forgotten") gathered.forgottenDevices.add(note.device);
};

const findForgottenRuns = (gathered: Gathered, state: LedgerState): void => {
  if (gathered.forgottenDevices.size === 0) return;
  for (const device of gathered.forgottenDevices) {
    const slot = state.devices.slotOf(device);
    if (slot < 0) continue;
    for (const run of state.runSlots(slot)) gathered.forgottenRuns.add(state.runField(run, ROW.RUN));
  }
  for (const note of gathered.notes) {
    if (note.note === "run" && gathered.forgottenDevices.has(note.device)) {
      gathered.forgottenRuns.add(note.run);
    }
  }
};

/**
 * The changed rows, ascending by run, CHANGE_FIELDS each: those of the batches, and those of runs that only lost readings to retention.
 * @param expired - how many more numbers of a run are expired
 */
export const changedRows = (
  { batches, rowAt }: Pick<Gathered, "batches" | "rowAt">,
  state: LedgerState,
  expired: ReadonlyMap<number, number>,
): Float64Array => {
  const isOnlyExpired = (run: number): boolean => rowAt.get(run) < 0 && state.runs.slotOf(run) >= 0;
  const onlyExpired = [...expired.keys()].filter(isOnlyExpired);
  const ascending = new Float64Array(rowAt.size + onlyExpired.length);
  rowAt.keysInto(ascending);
  ascending.set(onlyExpired, rowAt.size);
  ascending.sort();
  const rows = new Float64Array(ascending.length * CHANGE_FIELDS);
  for (let index = 0; index < ascending.length; index++) {
    const run = ascending[index]!;
    const base = index * CHANGE_FIELDS;
    const slot = state.runs.slotOf(run);
    const at = rowAt.get(run);
    if (at < 0) state.runs.read(slot, rows, base, ROW_FIELDS);
    else copyRow(batches[Math.floor(at / BATCH_ROWS)]!.rows, (at % BATCH_ROWS) * ROW_FIELDS, rows, base);
    const before = slot < 0 ? 0 : state.runField(slot, RUN.EXPIRED);
    rows[base + RUN.EXPIRED] = before + (expired.get(run) ?? 0);
  }
  return rows;
};

/** Field by field: a view per row would cost more than the copy. */
const copyRow = (from: Float64Array, base: number, to: Float64Array, at: number): void => {
  for (let field = 0; field < ROW_FIELDS; field++) to[at + field] = from[base + field]!;
};

const isClosed = (code: number | undefined): boolean => code !== OP_CODE.WINDOWS && code !== OP_CODE.OPEN;

/** Copies of the LOST and FILL_… operations, in order, OP_FIELDS each: the live feed tells them. */
export const closedGapOps = (batches: readonly Batch[]): Float64Array => {
  let count = 0;
  for (const { ops, opCount } of batches) {
    for (let op = 0; op < opCount; op++) if (isClosed(ops[op * OP_FIELDS])) count++;
  }
  const copied = new Float64Array(count * OP_FIELDS);
  let to = 0;
  for (const { ops, opCount } of batches) {
    for (let at = 0; at < opCount * OP_FIELDS; at += OP_FIELDS) {
      if (!isClosed(ops[at])) continue;
      for (let field = 0; field < OP_FIELDS; field++) copied[to++] = ops[at + field]!;
    }
  }
  return copied;
};
