import type { Sqlite } from "../file/open.ts";
import { readStateRow } from "../tables/state-row.ts";

/** Tables with rows of devices, each row as of a flush. */
const OF_DEVICES = ["devices", "epochs", "channel_names", "channel_epochs", "latest"];

/** What a number of a gap row stands in: the table takes any value. */
const GAP_NUMBERS = [
  "first",
  "last",
  "opened_at",
  "closed_at",
  "requests",
  "time_before",
  "time_after",
  "was_lost",
];

/** Compare rows with what they belong to. @returns what is wrong, as sentences, one of a kind */
export const tableMistakes = (db: Sqlite): string[] => {
  const { lastFlush, replayFrom, nextDevice, nextRun } = readStateRow(db);
  const first = (sql: string, ...values: number[]): unknown =>
    db
      .prepare(sql)
      .pluck()
      .get(...values);
  const mistakes: string[] = [];
  const none = (found: unknown, sentence: (found: unknown) => string): void => {
    if (found !== undefined) mistakes.push(sentence(found));
  };
  for (const table of OF_DEVICES) {
    none(
      first(
        `SELECT device_no FROM ${table} WHERE as_of > ? OR device_no >= ? LIMIT 1`,
        lastFlush,
        nextDevice,
      ),
      (device) => `${table}: device_no ${device} is from after the newest flush, ${lastFlush}`,
    );
    none(
      first(`SELECT device_no FROM ${table} WHERE device_no NOT IN (SELECT device_no FROM devices) LIMIT 1`),
      (device) => `${table}: there is no device_no ${device}`,
    );
  }
  none(
    first("SELECT run_no FROM epochs WHERE run_no >= ? LIMIT 1", nextRun),
    (run) => `epochs: run_no ${run} is from after the newest flush, ${lastFlush}`,
  );
  none(
    first("SELECT run_no FROM latest WHERE run_no NOT IN (SELECT run_no FROM epochs) LIMIT 1"),
    (run) => `latest: there is no run_no ${run}`,
  );
  const isNone = GAP_NUMBERS.map((column) => `typeof(${column}) <> 'integer'`).join(" OR ");
  none(
    first(`SELECT run_no FROM gaps WHERE ${isNone} LIMIT 1`),
    (run) => `gaps: a row of run_no ${run} has no number where there was one`,
  );
  if (replayFrom > lastFlush + 1)
    mistakes.push(`flushes: a replay begins with ${replayFrom}, the newest is ${lastFlush}`);
  none(
    first(
      "SELECT event FROM events WHERE NOT iif(json_valid(detail), json_type(detail) = 'object', 0) ORDER BY event LIMIT 1",
    ),
    (event) => `events: the detail of event ${event} cannot be read`,
  );
  return mistakes;
};
