import { CAUSES, expectedOf, isCurrent, lostOf, ROW, receivedOf } from "../../protocol/ledger-row.ts";
import { rateOf } from "./device-view.ts";
import type { LedgerState } from "./ledger-state.ts";
import { epochOf, RUN, RUN_FIELDS } from "./run-rows.ts";
import type { RunTotals } from "./run-totals.ts";

/** What a list of very many devices shows of each: sums over its runs, as plain numbers. */
export interface DeviceSummary {
  id: string;
  /** of the run it is heard on; null = its format has none */
  epoch: number | null;
  /** ROW of the run it is heard on: the current one, else the one heard last */
  heard: Float64Array;
  /** numbers a second it has used lately; null = not known */
  rateHz: number | null;
  /** microseconds, over all runs */
  lastArrivalUs: number;
  expected: number;
  received: number;
  recovered: number;
  late: number;
  missing: number;
  lost: number;
  /** in the order of CAUSES */
  causes: Float64Array;
}

const clear = (summary: DeviceSummary): void => {
  summary.epoch = null;
  summary.heard.fill(0);
  summary.lastArrivalUs = 0;
  summary.expected = 0;
  summary.received = 0;
  summary.recovered = 0;
  summary.late = 0;
  summary.missing = 0;
  summary.lost = 0;
  summary.causes.fill(0);
};

const add = (summary: DeviceSummary, row: Float64Array): void => {
  summary.lastArrivalUs = Math.max(summary.lastArrivalUs, row[ROW.LAST_ARRIVAL]!);
  summary.expected += expectedOf(row, 0);
  summary.received += receivedOf(row, 0);
  summary.recovered += row[ROW.RECOVERED]!;
  summary.late += row[ROW.LATE]!;
  summary.missing += row[ROW.MISSING]!;
  summary.lost += lostOf(row, 0);
  for (let cause = 0; cause < CAUSES.length; cause++) {
    summary.causes[cause] = summary.causes[cause]! + row[ROW.LOST + cause]!;
  }
};

const isHeardRather = (row: Float64Array, than: Float64Array): boolean => {
  if (isCurrent(than[ROW.FLAGS]!)) return false;
  return isCurrent(row[ROW.FLAGS]!) || row[ROW.LAST_ARRIVAL]! > than[ROW.LAST_ARRIVAL]!;
};

/** @param row - for one run after the other */
const addRuns = (summary: DeviceSummary, state: LedgerState, device: number, row: Float64Array): void => {
  for (const slot of state.runSlots(device)) {
    state.runs.read(slot, row);
    add(summary, row);
    if (!isHeardRather(row, summary.heard)) continue;
    summary.heard.set(row);
    summary.epoch = epochOf(row[RUN.EPOCH]!);
  }
};

/** A device of which it is kept what its runs come to. */
const fill = (summary: DeviceSummary, state: LedgerState, { total, heard }: RunTotals): void => {
  const { counts } = total;
  state.runs.read(heard, summary.heard);
  summary.epoch = epochOf(summary.heard[RUN.EPOCH]!);
  summary.lastArrivalUs = total.lastArrivalUs;
  summary.expected = Number(counts.expected);
  summary.received = Number(counts.received);
  summary.recovered = Number(counts.recovered);
  summary.late = Number(counts.late);
  summary.missing = Number(counts.missing);
  summary.lost = Number(counts.lost);
  for (const [index, cause] of CAUSES.entries()) summary.causes[index] = Number(counts.causes[cause]);
};

/**
 * One pass over all devices in the order of their ids that makes no object per device: 100,000 of them take some tens of milliseconds.
 * @param visit - gets the same object each time, filled anew
 * @param after - only devices with greater ids; null = from the first one on
 * @param limit - so many at most
 * @returns the id of the last one when there are more; null at the end
 */
export const visitDevices = (
  state: LedgerState,
  visit: (summary: DeviceSummary) => void,
  after: string | null,
  limit: number,
): string | null => {
  const row = new Float64Array(RUN_FIELDS);
  const summary: DeviceSummary = {
    id: "",
    epoch: null,
    heard: new Float64Array(RUN_FIELDS),
    rateHz: null,
    lastArrivalUs: 0,
    expected: 0,
    received: 0,
    recovered: 0,
    late: 0,
    missing: 0,
    lost: 0,
    causes: new Float64Array(CAUSES.length),
  };
  const { order } = state.devices;
  const from = after === null ? 0 : order.after(after);
  const slots = order.slots.subarray(from, from + limit);
  for (const device of slots) {
    clear(summary);
    summary.id = state.devices.ids[device]!;
    const kept = state.keptTotals(device);
    if (kept !== undefined) fill(summary, state, kept);
    else addRuns(summary, state, device, row);
    const { heard } = summary;
    const heardUs = heard[ROW.LAST_ARRIVAL]! - heard[ROW.FIRST_ARRIVAL]!;
    summary.rateHz = rateOf(state, device, heard[ROW.INTERVAL]!, heardUs);
    visit(summary);
  }
  return from + slots.length < order.slots.length ? summary.id : null;
};
