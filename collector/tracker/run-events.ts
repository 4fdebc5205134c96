import type { EventKind } from "../../protocol/batch.ts";
import { ROW } from "../../protocol/ledger-row.ts";
import type { TrackerContext } from "./context.ts";
import type { Sources } from "./sources.ts";
import type { Arrival } from "./types.ts";

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
