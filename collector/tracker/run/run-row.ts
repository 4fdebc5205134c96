import { ROW, ROW_FIELDS } from "../../../protocol/ledger-row.ts";

/**
 * How the ledger row of a run lies in the tracker's memory (run-table.ts). What only runs have that lost or repeated something, ten fields side by side in
 * the row, is cold: a run has room for them from the first on that is not 0. The rest is hot: the row without those ten.
 */
export const COLD_FROM = ROW.LOST;
export const COLD_UNTIL = ROW.MAX_SEND_TIME;
export const COLD_FIELDS = COLD_UNTIL - COLD_FROM;
export const HOT_FIELDS = ROW_FIELDS - COLD_FIELDS;

/** Where a hot field is that lies behind the cold ones; those before are where they are in the row, and so are the counts of what was received and expected. */
export const HOT = {
  MAX_SEND_TIME: ROW.MAX_SEND_TIME - COLD_FIELDS,
  LAST_ARRIVAL: ROW.LAST_ARRIVAL - COLD_FIELDS,
  HIGH_WATER_AT: ROW.HIGH_WATER_AT - COLD_FIELDS,
  SLEEP_UNTIL: ROW.SLEEP_UNTIL - COLD_FIELDS,
  INTERVAL: ROW.INTERVAL - COLD_FIELDS,
} as const;
