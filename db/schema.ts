import { CAUSES, type Cause } from "../protocol/ledger-row.ts";

/** Marks a file as Lacuna's: "LCNA" as an integer. */
export const APPLICATION_ID = 0x4c_43_4e_41;

/** Column of `epochs` for each field of a ledger row that is a count or a time of its own, in the order of ROW from FIRST on. */
export const EPOCH_COLUMNS = [
  "first",
  "high_water",
  "flags",
  "in_order",
  "reordered",
  "recovered",
  "late",
  "missing",
  ...CAUSES.map((cause) => lostColumn(cause)),
  "duplicates",
  "redundant",
  "unsequenced",
  "floor",
  "max_send_time",
  "first_arrival",
  "last_arrival",
  "high_water_at",
  "sleep_until",
  "interval",
  "clock_base",
  "readings",
  "first_send_time",
] as const;

/** `socket-overflow` is counted in the column `lost_socket_overflow`. */
export function lostColumn(cause: Cause): string {
  return `lost_${cause.replaceAll("-", "_")}`;
}

/** Columns of `forgotten`: the counters that are summed. */
export const FORGOTTEN_COLUMNS = [
  "expected",
  "in_order",
  "reordered",
  "recovered",
  "late",
  "missing",
  ...CAUSES.map((cause) => lostColumn(cause)),
  "duplicates",
  "redundant",
  "unsequenced",
  "expired",
  "unknown",
] as const;

const REAL_COLUMNS = new Set(["interval", "clock_base"]);
const epochColumnsSql = EPOCH_COLUMNS.map(
  (column) => `${column} ${REAL_COLUMNS.has(column) ? "REAL" : "INTEGER"} NOT NULL`,
).join(",\n  ");
const forgottenColumnsSql = FORGOTTEN_COLUMNS.map((column) => `${column} INTEGER NOT NULL DEFAULT 0`).join(
  ",\n  ",
);
const lostSumSql = CAUSES.map((cause) => lostColumn(cause)).join(" + ");
const receivedSql = "in_order + reordered + recovered + late";
const expectedSql = "iif(first < 0, 0, high_water - first + 1)";

/** Microseconds as RFC 3339 text; NULL for 0 (unknown) and NULL. */
const isoSql = (column: string): string =>
  `iif(${column} > 0, strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000000, 'unixepoch') || printf('.%06dZ', ${column} % 1000000), NULL)`;

/** Bin of a gap row's numbers as `arrivalBin` (protocol/gap-row.ts) has it; NULL while they are not here. */
export const ARRIVAL_SQL =
  "CASE WHEN state <> 'filled' THEN NULL WHEN requests > 0 THEN 'recovered' WHEN was_lost THEN 'late' ELSE 'reordered' END";

const TABLES = `
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_flush INTEGER NOT NULL,
  replay_from INTEGER NOT NULL,
  next_device INTEGER NOT NULL,
  next_run INTEGER NOT NULL,
  committed_at INTEGER NOT NULL,
  started_at INTEGER,
  stopped_at INTEGER
) STRICT;
INSERT INTO state VALUES (1, 0, 1, 1, 1, 0, NULL, NULL);

CREATE TABLE devices (
  device_no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  as_of INTEGER NOT NULL
) STRICT;

CREATE TABLE epochs (
  run_no INTEGER PRIMARY KEY,
  device_no INTEGER NOT NULL,
  epoch INTEGER,
  run INTEGER NOT NULL,
  ${epochColumnsSql},
  expired INTEGER NOT NULL,
  as_of INTEGER NOT NULL
);
CREATE INDEX epochs_by_device ON epochs (device_no);

CREATE TABLE channels (
  device_no INTEGER NOT NULL,
  epoch INTEGER,
  channel INTEGER NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  as_of INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channels_key ON channels (device_no, ifnull(epoch, -1), channel);

CREATE TABLE latest (
  device_no INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  run_no INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  time INTEGER NOT NULL,
  type INTEGER NOT NULL,
  value,
  as_of INTEGER NOT NULL,
  PRIMARY KEY (device_no, channel)
) WITHOUT ROWID;

CREATE TABLE forgotten (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  devices INTEGER NOT NULL DEFAULT 0,
  ${forgottenColumnsSql},
  as_of INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO forgotten (id) VALUES (1);

CREATE TABLE fleet (
  counter TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (counter, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  run_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  state TEXT NOT NULL,
  cause TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  filled_at INTEGER,
  requests INTEGER NOT NULL,
  time_before INTEGER NOT NULL,
  time_after INTEGER NOT NULL,
  PRIMARY KEY (run_no, first)
) WITHOUT ROWID;
CREATE INDEX gaps_by_close ON gaps (closed_at);

CREATE TABLE window_gaps (
  run_no INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  time_before INTEGER NOT NULL,
  time_after INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run_no, first)
) WITHOUT ROWID;

CREATE TABLE folded_gaps (
  run_no INTEGER NOT NULL,
  state TEXT NOT NULL,
  cause TEXT NOT NULL,
  gaps INTEGER NOT NULL,
  numbers INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (run_no, state, cause)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  event INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  device_no INTEGER,
  device TEXT,
  detail TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_device ON events (device, event);

CREATE TABLE journal (
  flush INTEGER PRIMARY KEY,
  changes BLOB NOT NULL
) STRICT;

CREATE TABLE segments (
  segment INTEGER PRIMARY KEY,
  level INTEGER NOT NULL,
  committed_at INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  datagrams INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  first_reading_time INTEGER NOT NULL,
  last_reading_time INTEGER NOT NULL,
  first_arrival INTEGER NOT NULL,
  last_arrival INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE late_segments (
  segment INTEGER NOT NULL,
  run_no INTEGER NOT NULL,
  reach INTEGER NOT NULL,
  PRIMARY KEY (segment, run_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX late_segments_by_run ON late_segments (run_no, segment, reach);

CREATE TABLE segment_data (
  segment INTEGER PRIMARY KEY,
  directory BLOB NOT NULL,
  data BLOB NOT NULL
) STRICT;
`;

const VIEWS = `
CREATE VIEW ledger AS
SELECT devices.id AS device, epoch, run,
  iif(first < 0, NULL, first) AS first, iif(first < 0, NULL, high_water) AS high_water,
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

/**
 * Merged segments. Their chunks are found by `chunk_set`, their data from `first_page` on; both are given once. `leftovers` are
 * chunk sets that are on their way in or out: what a crash leaves of them is deleted at the next start.
 */
const MERGING = `
ALTER TABLE segments ADD COLUMN first_segment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN chunk_set INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN first_page INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN pages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN is_settled INTEGER NOT NULL DEFAULT 0;
UPDATE segments SET first_segment = segment;

CREATE TABLE chunk_heads (
  chunk_set INTEGER NOT NULL,
  run_no INTEGER NOT NULL,
  part INTEGER NOT NULL,
  heads BLOB NOT NULL,
  PRIMARY KEY (chunk_set, run_no, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk_pages (
  page INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

CREATE TABLE leftovers (
  chunk_set INTEGER PRIMARY KEY,
  first_page INTEGER NOT NULL,
  end_page INTEGER NOT NULL
) STRICT;

DROP VIEW segment_list;
CREATE VIEW segment_list AS
SELECT segment, first_segment, level, ${isoSql("committed_at")} AS committed_at, runs, datagrams, readings,
  ${isoSql("first_arrival")} AS first_arrival, ${isoSql("last_arrival")} AS last_arrival, bytes, is_settled
FROM segments ORDER BY segment;
`;

/**
 * Gap rows of numbers that came while they were still asked for: filled without ever having been lost. The bin of a filled row follows:
 * `recovered` when a NACK of ours had named it, else `late` when it had been lost, else `reordered` (its window was cut by a stop).
 */
const GAPS_FILLED_OPEN = `
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

/** Migration `n` (from 0) brings a database from `user_version` n to n + 1. Never edit one that was released; add another. */
export const MIGRATIONS: readonly string[] = [TABLES + VIEWS, MERGING, GAPS_FILLED_OPEN];
