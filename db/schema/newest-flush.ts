/**
 * Version 5: each row of the journal says where its flush left the collector, the newest one where it stands, so that one row is never
 * deleted. As tables of their own `state` and `fleet` were two more pages to write with each flush, of nine in all at 1,000 datagrams a
 * second; as views they show what they did, and counters that are 0 besides.
 */
export const NEWEST_FLUSH = `
ALTER TABLE journal ADD COLUMN replay_from INTEGER NOT NULL DEFAULT 1;
ALTER TABLE journal ADD COLUMN next_device INTEGER NOT NULL DEFAULT 1;
ALTER TABLE journal ADD COLUMN next_run INTEGER NOT NULL DEFAULT 1;
ALTER TABLE journal ADD COLUMN committed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN started_at INTEGER;
ALTER TABLE journal ADD COLUMN stopped_at INTEGER;
-- counters that belong to no run: JSON, those by reason an object of their own
ALTER TABLE journal ADD COLUMN fleet TEXT NOT NULL DEFAULT '{}';

-- a replay begins after a flush that the tables have whole: nothing reads these changes
INSERT OR IGNORE INTO journal (flush, changes) SELECT last_flush, x'' FROM state;
UPDATE journal SET replay_from = old.replay_from, next_device = old.next_device, next_run = old.next_run,
  committed_at = old.committed_at, started_at = old.started_at, stopped_at = old.stopped_at,
  fleet = (
    SELECT json_patch(
      (SELECT json_group_object(counter, count) FROM fleet WHERE reason = ''),
      (SELECT json_group_object(counter, json(reasons)) FROM
        (SELECT counter, json_group_object(reason, count) AS reasons FROM fleet WHERE reason <> '' GROUP BY counter))
    )
  )
FROM state AS old WHERE flush = old.last_flush;

DROP TABLE state;
CREATE VIEW state AS
SELECT flush AS last_flush, replay_from, next_device, next_run, committed_at, started_at, stopped_at
FROM journal ORDER BY flush DESC LIMIT 1;

DROP TABLE fleet;
CREATE VIEW fleet AS
SELECT counter.key AS counter, iif(counter.type = 'object', leaf.key, '') AS reason, leaf.value AS count
FROM (SELECT fleet FROM journal ORDER BY flush DESC LIMIT 1) AS newest, json_each(newest.fleet) AS counter,
  json_each(iif(counter.type = 'object', counter.value, json_array(counter.value))) AS leaf;
`;
