import type { Static } from "typebox";
import { formatTime } from "../../protocol/time.ts";
import type { Gap } from "../schemas/gaps.ts";
import type { GapRow } from "../sources.ts";

/** One gap, as every answer gives it. */
export const gapJson = ({ openedAtUs, closedAtUs, filledAtUs, ...gap }: GapRow): Static<typeof Gap> => ({
  ...gap,
  count: gap.last - gap.first + 1,
  openedAt: formatTime(openedAtUs),
  closedAt: closedAtUs === null ? null : formatTime(closedAtUs),
  filledAt: filledAtUs === null ? null : formatTime(filledAtUs),
});
