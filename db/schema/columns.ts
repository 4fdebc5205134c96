import { CAUSES, type Cause } from "../../protocol/ledger-row.ts";

/** Column of `epochs` for each field of a ledger row that is a count or a time of its own, in the order of ROW from FIRST on. */
export const EPOCH_COLUMNS = [
  "first",
  "high_water",
  "flags",
  "in_order",
  "reordered",
  "recovered",
  "late",
  "missing",
  ...CAUSES.map((cause) => lostColumn(cause)),
  "duplicates",
  "redundant",
  "unsequenced",
  "floor",
  "max_send_time",
  "first_arrival",
  "last_arrival",
  "high_water_at",
  "sleep_until",
  "interval",
  "clock_base",
  "readings",
  "first_send_time",
] as const;

/** `socket-overflow` is counted in the column `lost_socket_overflow`. */
export function lostColumn(cause: Cause): string {
  return `lost_${cause.replaceAll("-", "_")}`;
}

/** Columns of `forgotten`: the counters that are summed. */
export const FORGOTTEN_COLUMNS = [
  "expected",
  "in_order",
  "reordered",
  "recovered",
  "late",
  "missing",
  ...CAUSES.map((cause) => lostColumn(cause)),
  "duplicates",
  "redundant",
  "unsequenced",
  "expired",
  "unknown",
] as const;
