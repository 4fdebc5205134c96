import { isoSql } from "./expressions.ts";

/** What level 0 and merged segments have in common, in the order of the tables. */
const SEGMENT_COLUMNS = `committed_at, runs, datagrams, readings, first_time, last_time, first_reading_time, last_reading_time,
  first_arrival, last_arrival, bytes`;

const ZERO = "CAST(0 AS INTEGER)";

/**
 * Version 6: a flush is one row: where it left the collector, the segment it brought (0 datagrams = none), and its changes. In tables of
 * their own they were three pages to write where little comes, and little is what most fleets send. The changes stay until the segment
 * is merged, but for many of them: deleting them earlier writes the row again. Blobs come last and in the order they are asked for: what stands before
 * them is read without them.
 */
export const FLUSHES = `
CREATE TABLE flushes (
  flush INTEGER PRIMARY KEY,
  committed_at INTEGER NOT NULL,
  replay_from INTEGER NOT NULL,
  next_device INTEGER NOT NULL,
  next_run INTEGER NOT NULL,
  started_at INTEGER,
  stopped_at INTEGER,
  runs INTEGER NOT NULL,
  datagrams INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  first_reading_time INTEGER NOT NULL,
  last_reading_time INTEGER NOT NULL,
  first_arrival INTEGER NOT NULL,
  last_arrival INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  fleet TEXT NOT NULL,
  directory BLOB NOT NULL,
  data BLOB NOT NULL,
  changes BLOB NOT NULL
) STRICT;

INSERT INTO flushes
SELECT flush, journal.committed_at, replay_from, next_device, next_run, started_at, stopped_at,
  ifnull(runs, 0), ifnull(datagrams, 0), ifnull(readings, 0), ifnull(first_time, 0), ifnull(last_time, 0),
  ifnull(first_reading_time, 0), ifnull(last_reading_time, 0), ifnull(first_arrival, 0), ifnull(last_arrival, 0), ifnull(bytes, 0),
  fleet, ifnull(directory, x''), ifnull(data, x''), changes
FROM journal LEFT JOIN segments ON segment = flush AND level = 0 LEFT JOIN segment_data USING (segment);
-- older than what a replay begins with: where they left the collector is of no account
INSERT INTO flushes
SELECT segment, committed_at, 1, 1, 1, NULL, NULL, runs, datagrams, readings, first_time, last_time, first_reading_time, last_reading_time,
  first_arrival, last_arrival, bytes, '{}', directory, data, x''
FROM segments JOIN segment_data USING (segment) WHERE level = 0 AND segment NOT IN (SELECT flush FROM journal);

DROP VIEW state;
DROP VIEW fleet;
DROP VIEW segment_list;
DROP TABLE journal;
DROP TABLE segment_data;
DELETE FROM segments WHERE level = 0;
ALTER TABLE segments RENAME TO merged_segments;

-- both halves of one affinity, or SQLite would gather all rows before it orders them
CREATE VIEW segments AS
SELECT flush AS segment, ${ZERO} AS level, ${SEGMENT_COLUMNS}, flush AS first_segment,
  ${ZERO} AS chunk_set, ${ZERO} AS first_page, ${ZERO} AS pages, ${ZERO} AS is_settled
FROM flushes WHERE datagrams > 0
UNION ALL
SELECT segment, level, ${SEGMENT_COLUMNS}, first_segment, chunk_set, first_page, pages, is_settled
FROM merged_segments;

CREATE VIEW segment_list AS
SELECT segment, first_segment, level, ${isoSql("committed_at")} AS committed_at, runs, datagrams, readings,
  ${isoSql("first_arrival")} AS first_arrival, ${isoSql("last_arrival")} AS last_arrival, bytes, is_settled
FROM segments ORDER BY segment;

CREATE VIEW state AS
SELECT flush AS last_flush, replay_from, next_device, next_run, committed_at, started_at, stopped_at
FROM flushes ORDER BY flush DESC LIMIT 1;

CREATE VIEW fleet AS
SELECT counter.key AS counter, iif(counter.type = 'object', leaf.key, '') AS reason, leaf.value AS count
FROM (SELECT fleet FROM flushes ORDER BY flush DESC LIMIT 1) AS newest, json_each(newest.fleet) AS counter,
  json_each(iif(counter.type = 'object', counter.value, json_array(counter.value))) AS leaf;
`;
