import { isoSql } from "./expressions.ts";

/**
 * Version 2: merged segments. Their chunks are found by `chunk_set`, their data from `first_page` on; both are given once. `leftovers` are
 * chunk sets that are on their way in or out: what a crash leaves of them is deleted at the next start.
 */
export const MERGING = `
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
