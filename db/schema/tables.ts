import { EPOCH_COLUMNS, FORGOTTEN_COLUMNS } from "./columns.ts";

const REAL_COLUMNS = new Set(["interval", "clock_base"]);
const epochColumnsSql = EPOCH_COLUMNS.map(
  (column) => `${column} ${REAL_COLUMNS.has(column) ? "REAL" : "INTEGER"} NOT NULL`,
).join(",\n  ");
const forgottenColumnsSql = FORGOTTEN_COLUMNS.map((column) => `${column} INTEGER NOT NULL DEFAULT 0`).join(
  ",\n  ",
);
/** Version 1: the tables. */
export const TABLES = `
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
