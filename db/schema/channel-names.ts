import { isoSql } from "./expressions.ts";

/** of one device; what a database of version 6 has beyond is left out (db/writer/kept-names.ts) */
const MOST_PLACES = 8192;

/**
 * Version 7: a device has each different description once, at a place of its own, and an epoch says at which places are those that hold in it. A row for each channel
 * of each epoch was what a sender made grow with each of its starts. `described` has a hexadecimal digit for every four places, the lowest first: bit n
 * of digit d is place 4 d + n; `channels` shows the rows as they were.
 */
export const CHANNEL_NAMES = `
CREATE TABLE channel_names (
  device_no INTEGER NOT NULL,
  place INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  PRIMARY KEY (device_no, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_epochs (
  device_no INTEGER NOT NULL,
  epoch INTEGER,
  described TEXT NOT NULL,
  as_of INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channel_epochs_key ON channel_epochs (device_no, ifnull(epoch, -1));

-- device by device: what is sorted is in memory, and a fleet may have millions of rows
CREATE INDEX by_what ON channel_names (device_no, channel, name, unit);
CREATE TEMP TABLE digits (epoch, digit, bits, first_row, as_of);
CREATE TEMP TABLE described_devices (device_no);
CREATE TEMP TRIGGER describe_device AFTER INSERT ON described_devices BEGIN
  -- the oldest first
  INSERT INTO channel_names
  SELECT new.device_no, place, channel, name, unit, as_of FROM (
    SELECT row_number() OVER (ORDER BY min(rowid)) - 1 AS place, channel, name, unit, max(as_of) AS as_of
    FROM channels WHERE device_no = new.device_no GROUP BY channel, name, unit
  ) WHERE place < ${MOST_PLACES};
  INSERT INTO digits
  SELECT ifnull(epoch, -1), place / 4, sum(1 << (place % 4)), min(channels.rowid), max(channels.as_of)
  FROM channels JOIN channel_names INDEXED BY by_what USING (device_no, channel, name, unit)
  WHERE channels.device_no = new.device_no GROUP BY 1, 2;
  -- a digit, and as many zeros before it as the one before it in its epoch leaves out
  INSERT INTO channel_epochs
  SELECT new.device_no, nullif(epoch, -1), group_concat(text, '' ORDER BY digit), max(as_of) FROM (
    SELECT *, substr('${"0".repeat(MOST_PLACES / 4)}', 1, digit - 1 - ifnull(lag(digit) OVER epochs, -1)) || printf('%X', bits) AS text
    FROM digits WINDOW epochs AS (PARTITION BY epoch ORDER BY digit)
  ) GROUP BY epoch ORDER BY min(first_row);
  DELETE FROM digits;
END;
INSERT INTO described_devices SELECT DISTINCT device_no FROM channels;
DROP TABLE described_devices;
DROP TABLE digits;
DROP INDEX by_what;

DROP VIEW latest_values;
DROP TABLE channels;
CREATE VIEW channels AS
SELECT device_no, epoch, channel, name, unit, max(channel_epochs.as_of, channel_names.as_of) AS as_of
FROM channel_epochs JOIN channel_names USING (device_no)
WHERE ${holdsSql()};

CREATE VIEW latest_values AS
SELECT devices.id AS device, ifnull(channel_names.name, 'ch' || latest.channel) AS channel, channel_names.unit AS unit,
  ${isoSql("latest.time")} AS time, latest.value AS value
FROM latest JOIN devices USING (device_no) JOIN epochs USING (run_no)
LEFT JOIN channel_epochs ON channel_epochs.device_no = latest.device_no AND ifnull(channel_epochs.epoch, -1) = ifnull(epochs.epoch, -1)
LEFT JOIN channel_names ON channel_names.device_no = latest.device_no AND channel_names.channel = latest.channel
  AND ${holdsSql()}
ORDER BY devices.id, latest.channel;
`;

/** Whether a description holds in an epoch. */
function holdsSql(): string {
  const digit = "substr(channel_epochs.described, channel_names.place / 4 + 1, 1)";
  return `channel_names.place / 4 < length(channel_epochs.described) AND (instr('123456789ABCDEF', ${digit}) >> (channel_names.place % 4)) & 1`;
}
