import type { DeviceArrivals, ReorderFigures } from "../../../protocol/device-arrivals.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { runHeardOn } from "../run/run-heard.ts";
import { MOST_N, type ReorderRecord } from "./reorder-record.ts";

const encoder = new TextEncoder();

const reorderingOf = (record: ReorderRecord | null): ReorderFigures => ({
  count: record?.count ?? 0,
  greatestExtent: record?.greatestExtent ?? 0,
  meanExtent: record === null ? 0 : record.extentSum / record.count,
  greatestDelayUs: record?.greatestDelayUs ?? 0,
  atLeast: record === null ? new Array<number>(MOST_N).fill(0) : [...record.atLeast],
});

/** How the numbers of one device arrive; null = it is not in memory, or has no run. */
export const arrivalsOf = (context: TrackerContext, id: string): DeviceArrivals | null => {
  const { devices, runs, transit, reordering } = context;
  const bytes = encoder.encode(id);
  const device = devices.find(new DataView(bytes.buffer), 0, bytes.length);
  const run = device < 0 ? -1 : runHeardOn(context, device);
  if (run < 0) return null;
  const epoch = runs.epoch[run]!;
  return {
    epoch: epoch < 0 ? null : epoch,
    run: runs.index[run]!,
    transit: transit.of(run),
    isRelative: runs.at(run, ROW.CLOCK_BASE) !== 0,
    reordering: reorderingOf(reordering.of(run)),
  };
};
