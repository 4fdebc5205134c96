import { countWithin } from "./absent-times.ts";
import type { Sqlite } from "./open.ts";
import type { Completeness } from "./query-types.ts";
import type { RunSegments, RunSpan, TimeSpan } from "./run-segments.ts";

interface AbsentRow {
  first: number;
  last: number;
  isLost: number;
  opened_at: number;
  time_before: number;
  time_after: number;
}

/**
 * How complete a span of time is, over numbered runs: received are the numbers whose datagram has a time in it, absent ones lie between
 * their neighbours. `unknown` stays 0: open ends are the caller's, who knows the ledger.
 */
export const queryCompleteness = (
  db: Sqlite,
  segments: RunSegments,
  runs: readonly RunSpan[],
  time: TimeSpan,
): Completeness => {
  const absent = db.prepare(
    `SELECT first, last, 1 AS isLost, opened_at, time_before, time_after FROM gaps WHERE run_no = ? AND state = 'lost'
     UNION ALL SELECT first, last, 0, opened_at, time_before, time_after FROM window_gaps WHERE run_no = ?`,
  );
  const sum: Completeness = { expected: 0, received: 0, missing: 0, lost: 0, unknown: 0 };
  for (const span of runs) {
    sum.received += segments.countDatagrams(span, time);
    for (const row of absent.iterate(span.run, span.run) as IterableIterator<AbsentRow>) {
      const count = countWithin(row, time.fromUs, time.toUs);
      if (row.isLost === 1) sum.lost += count;
      else sum.missing += count;
    }
  }
  sum.expected = sum.received + sum.missing + sum.lost;
  return sum;
};
