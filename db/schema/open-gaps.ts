/**
 * Version 4: the open gaps of a run are one row. They are written with each flush while gaps open and close, and a row for each of them
 * cost more than all else together as soon as many were open. `gaps` is a JSON array of [first - `first`, last - first,
 * opening - `opened_at`, time before - opening, time after - opening, requests], ascending, a time null when it is unknown;
 * `window_gaps` shows them as the rows they were.
 */
export const OPEN_GAPS = `
CREATE TABLE open_gaps (
  run_no INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  gaps TEXT NOT NULL
) STRICT;

INSERT INTO open_gaps
SELECT run_no, first_base, opened_base, json_group_array(json_array(first - first_base, last - first, opened_at - opened_base,
  nullif(time_before, 0) - opened_at, nullif(time_after, 0) - opened_at, requests))
FROM (SELECT *, min(first) OVER runs AS first_base, min(opened_at) OVER runs AS opened_base
  FROM window_gaps WINDOW runs AS (PARTITION BY run_no) ORDER BY run_no, first)
GROUP BY run_no;

DROP TABLE window_gaps;
CREATE VIEW window_gaps AS
SELECT run_no, open.first + json_extract(each.value, '$[0]') AS first,
  open.first + json_extract(each.value, '$[0]') + json_extract(each.value, '$[1]') AS last,
  open.opened_at + json_extract(each.value, '$[2]') AS opened_at,
  ifnull(open.opened_at + json_extract(each.value, '$[2]') + json_extract(each.value, '$[3]'), 0) AS time_before,
  ifnull(open.opened_at + json_extract(each.value, '$[2]') + json_extract(each.value, '$[4]'), 0) AS time_after,
  json_extract(each.value, '$[5]') AS requests
FROM open_gaps AS open, json_each(open.gaps) AS each;
`;
