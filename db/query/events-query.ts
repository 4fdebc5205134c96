import type { Sqlite } from "../file/open.ts";
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
  const events = rows.slice(0, query.limit).map((row) => ({ ...row, detail: detailOf(row.detail) }));
  const last = events.at(-1);
  return { events, next: rows.length > query.limit && last !== undefined ? [last.event] : null };
};

/** One that a disk has changed keeps neither the rest of its event nor the others from being told. */
const detailOf = (text: string): Record<string, unknown> => {
  try {
    const detail: unknown = JSON.parse(text);
    if (typeof detail === "object" && detail !== null && !Array.isArray(detail))
      return detail as Record<string, unknown>;
  } catch {
    // what else could be said of it is not known
  }
  return { damaged: true };
};
