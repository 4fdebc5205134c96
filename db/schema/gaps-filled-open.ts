import { ARRIVAL_SQL, isoSql } from "./expressions.ts";

/**
 * Version 3: gap rows of numbers that came while they were still asked for: filled without ever having been lost. The bin of a filled row follows:
 * `recovered` when a NACK of ours had named it, else `late` when it had been lost, else `reordered` (its window was cut by a stop).
 */
export const GAPS_FILLED_OPEN = `
ALTER TABLE gaps ADD COLUMN was_lost INTEGER NOT NULL DEFAULT 1;
-- version 2 had it at first: an entry written with each flush, for one query at a start
DROP INDEX IF EXISTS segments_unsettled;

DROP VIEW gap_list;
CREATE VIEW gap_list AS
SELECT devices.id AS device, epochs.epoch AS epoch, epochs.run AS run, absent.first AS first, absent.last AS last,
  absent.last - absent.first + 1 AS count, absent.state AS state, absent.cause AS cause, absent.arrival AS arrival,
  ${isoSql("absent.opened_at")} AS opened_at, ${isoSql("absent.closed_at")} AS closed_at,
  ${isoSql("absent.filled_at")} AS filled_at, absent.requests AS requests
FROM (
  SELECT run_no, first, last, state, cause, ${ARRIVAL_SQL} AS arrival, opened_at, closed_at, filled_at, requests FROM gaps
  UNION ALL SELECT run_no, first, last, 'open', NULL, NULL, opened_at, NULL, NULL, requests FROM window_gaps
) AS absent
JOIN epochs USING (run_no) JOIN devices USING (device_no)
ORDER BY devices.id, absent.run_no, absent.first;
`;
