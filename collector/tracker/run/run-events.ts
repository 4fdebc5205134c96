import type { EventKind } from "../../../protocol/batch.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { MARK } from "../device/device-slot.ts";
import type { DeviceTable } from "../device/device-table.ts";
import type { Sources } from "../device/sources.ts";
import type { Arrival } from "../types.ts";

/** What a device announces, its sleep and its end, is told at most this often, and so many times at once: whoever alternates must not push other events out. */
const TELL_EVERY_MS = 10_000;
const TELL_BURST = 6;

/** Whether one more announcement of the device is told; takes its token. One that has been silent for a minute has all of them: none is kept of those that are paged out. */
export const mayTell = (devices: DeviceTable, slot: number, { nowMs }: Arrival): boolean => {
  const untilMs = Math.max(nowMs, devices.mark(slot, MARK.TOLD_UNTIL));
  if (untilMs - nowMs > TELL_EVERY_MS * (TELL_BURST - 1)) return false;
  devices.setMark(slot, MARK.TOLD_UNTIL, untilMs + TELL_EVERY_MS);
  return true;
};

/** R5: reused numbers come from one sender that began anew, or from two that share an id. */
export const reuseKind = (sources: Sources, device: number, arrival: Arrival): EventKind =>
  sources.isContested(device, arrival) ? "id-conflict" : "epoch-reused";

/** Report something about a run: its epoch and its index in it say which. */
export const reportRun = (
  context: TrackerContext,
  kind: EventKind,
  run: number,
  arrival: Arrival,
  detail: Record<string, unknown> = {},
): void => {
  const { runs, sink } = context;
  const epoch = runs.epoch[run]!;
  const which = { epoch: epoch < 0 ? null : epoch, run: runs.index[run]! };
  sink.event(arrival.arrivalUs, kind, runs.at(run, ROW.DEVICE), { ...which, ...detail });
};
