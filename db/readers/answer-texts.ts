import { MisuseError } from "../../common/errors.ts";
import type { ReadingRow, Text } from "../query/query-types.ts";
import type { PointsFound } from "../series/points-query.ts";
import type { SeriesFound, SeriesRun } from "../series/series-query.ts";

/** How times are written: as text, or as a number of microseconds or milliseconds since the Unix epoch. */
export type TimeForm = "rfc3339" | "us" | "ms";

/** How readings are written. */
export type TextForm =
  | { format: "json" | "ndjson"; time: TimeForm }
  | {
      format: "csv";
      time: TimeForm;
      /** channels that have a column in any case, in their order */
      columns: readonly string[];
      /** it goes on with what has a header already: no header, and no column but those */
      isContinued: boolean;
    };

/**
 * Writes answers as text. What the text looks like is the API's business; it is written in the reader's thread, so that neither rows travel
 * as objects nor the thread that serves HTTP has the work. A module that exports these is loaded there.
 */
export interface AnswerTexts {
  readings(rows: readonly ReadingRow[], form: TextForm): Text;
  /** @param runs - of the device, to name the runs of gaps */
  series(found: SeriesFound, runs: readonly SeriesRun[], time: TimeForm): Text;
  points(found: PointsFound, runs: readonly SeriesRun[], time: TimeForm): Text;
}

const unavailable = (): never => {
  throw new MisuseError("this reader was opened without texts");
};

/** For readers that are only asked for rows. */
export const NO_TEXTS: AnswerTexts = { readings: unavailable, series: unavailable, points: unavailable };
