import type { GapRow } from "../sources.ts";
import { csvText } from "./csv-text.ts";
import { gapJson } from "./gap-json.ts";

const COLUMNS = [
  "device",
  "epoch",
  "run",
  "first",
  "last",
  "count",
  "state",
  "cause",
  "openedAt",
  "closedAt",
  "filledAt",
  "arrival",
  "requests",
] as const satisfies readonly (keyof ReturnType<typeof gapJson>)[];

export const GAPS_CSV_HEADER = `${COLUMNS.join(",")}\n`;

/** Gaps as lines of CSV, the fields of JSON in its order; what is null is empty. */
export const gapsCsv = (gaps: readonly GapRow[]): string =>
  gaps
    .map((row) => {
      const gap = gapJson(row);
      return `${COLUMNS.map((column) => csvText(String(gap[column] ?? ""))).join(",")}\n`;
    })
    .join("");
