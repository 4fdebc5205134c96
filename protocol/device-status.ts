import { ROW, ROW_FLAG } from "./ledger-row.ts";

export const DEVICE_STATUSES = ["online", "stale", "offline", "unknown"] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

const STALE_INTERVALS = 3;
const OFFLINE_INTERVALS = 10;
/** no device is called stale or offline sooner, however fast it sends */
const FLOOR_US = 2_000_000;

/**
 * Whether a device still speaks, judged by the run it is heard on: `stale` after 3, `offline` after 10 of its learned intervals of
 * silence, neither before 2 s. An announced sleep counts as speaking until it is over; an orderly end is offline at once. While no
 * interval is known (one datagram so far) a silence beyond the floor is `unknown`.
 * @param row - the ledger row at `base`, normally that of the device's current run
 * @param nowUs - wall clock
 */
export const deviceStatus = (rows: Float64Array, base: number, nowUs: number): DeviceStatus => {
  if ((rows[base + ROW.FLAGS]! & ROW_FLAG.ENDED) !== 0) return "offline";
  const heardUs = Math.max(rows[base + ROW.LAST_ARRIVAL]!, rows[base + ROW.SLEEP_UNTIL]!);
  const silenceUs = nowUs - heardUs;
  if (silenceUs <= FLOOR_US) return "online";
  const intervalUs = rows[base + ROW.INTERVAL]!;
  if (intervalUs <= 0) return "unknown";
  if (silenceUs > OFFLINE_INTERVALS * intervalUs) return "offline";
  return silenceUs > STALE_INTERVALS * intervalUs ? "stale" : "online";
};
