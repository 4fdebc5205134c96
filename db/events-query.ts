import type { Sqlite } from "./open.ts";
import type { EventRow, EventsPage, EventsQuery } from "./query-types.ts";

/** Events by their number, which is the order in which they were committed. */
export const queryEvents = (db: Sqlite, query: EventsQuery): EventsPage => {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where = (condition: string, value: unknown): void => {
    if (value === null || value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where("device = ?", query.device);
  where("kind = ?", query.kind);
  where("at >= ?", query.fromUs);
  where("at < ?", query.toUs);
  where(query.order === "asc" ? "event > ?" : "event < ?", query.after?.[0]);
  const condition = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const rows = db
    .prepare(
      `SELECT event, at AS atUs, kind, device, detail FROM events ${condition} ORDER BY event ${query.order === "desc" ? "DESC" : "ASC"} LIMIT ?`,
    )
    .all(...values, query.limit + 1) as (Omit<EventRow, "detail"> & { detail: string })[];
  const events = rows
    .slice(0, query.limit)
    .map((row) => ({ ...row, detail: JSON.parse(row.detail) as Record<string, unknown> }));
  const last = events.at(-1);
  return { events, next: rows.length > query.limit && last !== undefined ? [last.event] : null };
};
