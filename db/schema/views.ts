import { CAUSES } from "../../protocol/ledger-row.ts";
import { lostColumn } from "./columns.ts";
import { isoSql } from "./expressions.ts";

const lostSumSql = CAUSES.map((cause) => lostColumn(cause)).join(" + ");
const receivedSql = "in_order + reordered + recovered + late";
const expectedSql = "iif(first < 0, 0, high_water - first + 1)";

const ledgerView = (highWaterSql: string): string => `
CREATE VIEW ledger AS
SELECT devices.id AS device, epoch, run,
  iif(first < 0, NULL, first) AS first, ${highWaterSql} AS high_water,
  ${expectedSql} AS expected, ${receivedSql} AS received,
  in_order, reordered, recovered, late, missing, ${lostSumSql} AS lost,
  ${CAUSES.map((cause) => lostColumn(cause)).join(", ")},
  ${receivedSql} - expired AS stored, expired, duplicates, redundant, unsequenced, readings,
  flags & 1 AS head_known, (flags >> 1) & 1 AS tail_known, (flags >> 2) & 1 AS is_current, (flags >> 3) & 1 AS ended,
  round(1.0 * (${receivedSql}) / nullif(${expectedSql}, 0), 6) AS completeness,
  ${isoSql("first_arrival")} AS first_arrival, ${isoSql("last_arrival")} AS last_arrival,
  epochs.as_of AS as_of
FROM epochs JOIN devices USING (device_no)
ORDER BY devices.id, run_no;
`;

/** Version 1: the views for people. */
export const VIEWS = `
${ledgerView("iif(first < 0, NULL, high_water)")}
CREATE VIEW gap_list AS
SELECT devices.id AS device, epochs.epoch AS epoch, epochs.run AS run, absent.first AS first, absent.last AS last,
  absent.last - absent.first + 1 AS count, absent.state AS state, absent.cause AS cause,
  ${isoSql("absent.opened_at")} AS opened_at, ${isoSql("absent.closed_at")} AS closed_at,
  ${isoSql("absent.filled_at")} AS filled_at, absent.requests AS requests
FROM (
  SELECT run_no, first, last, state, cause, opened_at, closed_at, filled_at, requests FROM gaps
  UNION ALL SELECT run_no, first, last, 'open', NULL, opened_at, NULL, NULL, requests FROM window_gaps
) AS absent
JOIN epochs USING (run_no) JOIN devices USING (device_no)
ORDER BY devices.id, absent.run_no, absent.first;

CREATE VIEW event_list AS
SELECT event, ${isoSql("at")} AS at, kind, device, detail FROM events ORDER BY event;

CREATE VIEW latest_values AS
SELECT devices.id AS device, ifnull(channels.name, 'ch' || latest.channel) AS channel, channels.unit AS unit,
  ${isoSql("latest.time")} AS time, latest.value AS value
FROM latest JOIN devices USING (device_no) JOIN epochs USING (run_no)
LEFT JOIN channels ON channels.device_no = latest.device_no AND channels.channel = latest.channel
  AND ifnull(channels.epoch, -1) = ifnull(epochs.epoch, -1)
ORDER BY devices.id, latest.channel;

CREATE VIEW segment_list AS
SELECT segment, level, ${isoSql("committed_at")} AS committed_at, runs, datagrams, readings,
  ${isoSql("first_arrival")} AS first_arrival, ${isoSql("last_arrival")} AS last_arrival, bytes
FROM segments ORDER BY segment;
`;

/** Version 8: a device that was heard, and has used no number yet, has no high water; it was shown as -1. */
export const NO_HIGH_WATER = `
DROP VIEW ledger;
${ledgerView("iif(high_water < 0, NULL, high_water)")}
`;
