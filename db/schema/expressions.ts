/** SQL that views and queries share. */

/** Microseconds as RFC 3339 text; NULL for 0 (unknown) and NULL. */
export const isoSql = (column: string): string =>
  `iif(${column} > 0, strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000000, 'unixepoch') || printf('.%06dZ', ${column} % 1000000), NULL)`;

/** Bin of a gap row's numbers as `arrivalBin` (protocol/arrival-bin.ts) has it; NULL while they are not here. */
export const ARRIVAL_SQL =
  "CASE WHEN state <> 'filled' THEN NULL WHEN requests > 0 THEN 'recovered' WHEN was_lost THEN 'late' ELSE 'reordered' END";
