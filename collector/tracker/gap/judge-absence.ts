import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import * as gapFields from "./gap-fields.ts";
import type { GapList } from "./gap-list.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { SLOT } = deviceSlot;
const { BY_EVIDENCE, GAP, GAP_STATE } = gapFields;

/** R14: the window of the range is over: whether the network or the kernel lost what is absent of it. */
export const judgeAbsence = (context: TrackerContext, run: number, gaps: GapList, index: number): void => {
  if (gaps.get(index, GAP.STATE) !== GAP_STATE.WINDOW || gaps.get(index, GAP.CAUSE) !== BY_EVIDENCE) return;
  const { runs, devices, kernel, options, shed } = context;
  const device = runs.device[run]!;
  let count = gaps.size(index);
  for (const range of shed.within(run, gaps.get(index, GAP.FIRST), gaps.get(index, GAP.LAST)))
    count -= range.last - range.first + 1;
  if (count === 0) return;
  const cause = kernel.judge({
    heardBy: devices.int(device, SLOT.HEARD_BY),
    address: devices.addresses[device]!,
    port: devices.int(device, SLOT.PORT),
    fromMs: gaps.get(index, GAP.CLEAR) - options.windowMs,
    toMs: gaps.get(index, GAP.DEADLINE),
    count,
  });
  gaps.set(index, GAP.CAUSE, cause);
};
