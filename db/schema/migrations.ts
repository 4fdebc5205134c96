import { CHANNEL_NAMES } from "./channel-names.ts";
import { FLUSHES } from "./flushes.ts";
import { GAPS_FILLED_OPEN } from "./gaps-filled-open.ts";
import { MERGING } from "./merging.ts";
import { NEWEST_FLUSH } from "./newest-flush.ts";
import { OPEN_GAPS } from "./open-gaps.ts";
import { RUNS_OF_EPOCH } from "./runs-of-epoch.ts";
import { TABLES } from "./tables.ts";
import { NO_HIGH_WATER, VIEWS } from "./views.ts";

/** Marks a file as Lacuna's: "LCNA" as an integer. */
export const APPLICATION_ID = 0x4c_43_4e_41;

/** Migration `n` (from 0) brings a database from `user_version` n to n + 1. Never edit one that was released; add another. */
export const MIGRATIONS: readonly string[] = [
  TABLES + VIEWS,
  MERGING,
  GAPS_FILLED_OPEN,
  OPEN_GAPS,
  NEWEST_FLUSH,
  FLUSHES,
  CHANNEL_NAMES,
  NO_HIGH_WATER,
  RUNS_OF_EPOCH,
];
