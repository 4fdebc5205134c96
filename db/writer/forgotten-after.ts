import { ROW } from "../../protocol/ledger-row.ts";
import type { LedgerChange } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { LedgerSums } from "../view/ledger-sums.ts";
import { CHANGE_FIELDS, newRow, RUN_FIELDS } from "../view/run-rows.ts";

/** What `forgotten` and `forgottenDevices` of a ledger will be once the change is applied. */
export const forgottenAfter = (
  state: LedgerState,
  change: Pick<LedgerChange, "notes" | "rows" | "forgottenExpired">,
): { devices: number; sums: LedgerSums } => {
  const sums = new LedgerSums();
  sums.addColumns(state.forgotten.toColumns());
  sums.addExpired(change.forgottenExpired);
  const devices = new Set<number>();
  for (const note of change.notes) if (note.note === "forgotten") devices.add(note.device);
  if (devices.size > 0) for (const row of rowsAfter(state, change, devices)) sums.addRow(row, 1);
  return { devices: state.forgottenDevices + devices.size, sums };
};

/** The rows all runs of some devices will have once the change is applied; one array, used again for each. */
function* rowsAfter(
  state: LedgerState,
  change: Pick<LedgerChange, "notes" | "rows">,
  devices: ReadonlySet<number>,
): Generator<Float64Array> {
  const row = new Float64Array(RUN_FIELDS);
  const unchanged = runsAfter(state, change, devices);
  for (let at = 0; at < change.rows.length; at += CHANGE_FIELDS) {
    if (!unchanged.delete(change.rows[at + ROW.RUN]!)) continue;
    row.set(change.rows.subarray(at, at + CHANGE_FIELDS));
    yield row;
  }
  for (const run of unchanged) {
    const slot = state.runs.slotOf(run);
    if (slot < 0) row.set(newRow(run));
    else state.runs.read(slot, row, 0, CHANGE_FIELDS);
    yield row;
  }
}

/** Numbers of all runs of these devices, those that the change brings included. */
const runsAfter = (
  state: LedgerState,
  change: Pick<LedgerChange, "notes">,
  devices: ReadonlySet<number>,
): Set<number> => {
  const runs = new Set<number>();
  for (const device of devices) {
    const deviceSlot = state.devices.slotOf(device);
    if (deviceSlot < 0) continue;
    for (const slot of state.runSlots(deviceSlot)) runs.add(state.runField(slot, ROW.RUN));
  }
  for (const note of change.notes) if (note.note === "run" && devices.has(note.device)) runs.add(note.run);
  return runs;
};
