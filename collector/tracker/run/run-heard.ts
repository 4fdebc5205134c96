import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW } = ledgerRow;
const { SLOT } = deviceSlot;

/** The run a device is heard on: the current one, else the one heard last. @returns its slot, -1 = none */
export const runHeardOn = ({ devices, runs }: TrackerContext, device: number): number => {
  const current = devices.int(device, SLOT.CURRENT);
  if (current >= 0) return current;
  let heard = devices.int(device, SLOT.NEWEST);
  for (let run = heard; run >= 0; run = runs.older[run]!)
    if (runs.at(run, ROW.LAST_ARRIVAL) > runs.at(heard, ROW.LAST_ARRIVAL)) heard = run;
  return heard;
};
