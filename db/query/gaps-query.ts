import type { Cause } from "../../protocol/ledger-row.ts";
import type { Sqlite } from "../file/open.ts";
import { ARRIVAL_SQL } from "../schema/expressions.ts";
import type { GapRow, GapState } from "./query-types.ts";

/** A gap query with the device already resolved to its runs. */
export interface GapRequest {
  /** null = of every device */
  runs: readonly number[] | null;
  state: GapState | null;
  cause: Cause | null;
  fromUs: number | null;
  toUs: number | null;
  /** by run and first number */
  order: "asc" | "desc";
  limit: number;
  /** where the page before ended */
  after: GapPlace | null;
}

/** A run, and of a row there the number that lies farthest on: ascending the last, descending the first. */
export type GapPlace = readonly [run: number, number: number];

/** Where a page with that last row ends. */
export const placeBehind = ({ run, first, last }: GapRecord, order: GapRequest["order"]): GapPlace => [
  run,
  order === "asc" ? last : first,
];

/** As the database has it: `run` is the number of the run there. */
export type GapRecord = Omit<GapRow, "device" | "epoch">;

/** Gap rows and running windows (state `open`) by run and first number, at most `limit` + 1 of them: one more tells that there is a next page. */
export const queryGaps = (db: Sqlite, request: GapRequest): GapRecord[] => {
  const most = request.limit + 1;
  const found: GapRecord[] = [];
  if (request.state !== "open") found.push(...select(db, CLOSED, request, most));
  const isOpenWanted = request.state === null || request.state === "open";
  if (isOpenWanted && request.cause === null) found.push(...select(db, OPEN, request, most));
  const sign = request.order === "asc" ? 1 : -1;
  return found.sort((a, b) => sign * (a.run - b.run || a.first - b.first)).slice(0, most);
};

interface Source {
  table: string;
  columns: string;
  isClosed: boolean;
}
const CLOSED: Source = {
  table: "gaps",
  columns: `state, cause, opened_at AS openedAtUs, closed_at AS closedAtUs, filled_at AS filledAtUs, ${ARRIVAL_SQL} AS arrival, requests`,
  isClosed: true,
};
const OPEN: Source = {
  table: "window_gaps",
  columns:
    "'open' AS state, NULL AS cause, opened_at AS openedAtUs, NULL AS closedAtUs, NULL AS filledAtUs, NULL AS arrival, requests",
  isClosed: false,
};

type Where = (condition: string, ...bound: unknown[]) => void;

/**
 * The run in which the page before ended, and then the runs behind it: asked for as one, SQLite would look at all rows of a device before the place again,
 * for each page.
 */
const select = (db: Sqlite, source: Source, request: GapRequest, limit: number): GapRecord[] => {
  const { runs, after, order } = request;
  if (after === null)
    return rowsOf(db, source, request, limit, (where) => {
      if (runs !== null) within(runs, where);
    });
  const [run, number] = after;
  const found =
    runs === null || runs.includes(run)
      ? rowsOf(db, source, request, limit, (where) => {
          where("run_no = ?", run);
          behind(source, order, run, number, where);
        })
      : [];
  if (found.length === limit) return found;
  const isBehind = (other: number): boolean => (order === "asc" ? other > run : other < run);
  const others = rowsOf(db, source, request, limit - found.length, (where) => {
    if (runs === null) where(order === "asc" ? "run_no > ?" : "run_no < ?", run);
    else within(runs.filter(isBehind), where);
  });
  return [...found, ...others];
};

const within = (runs: readonly number[], where: Where): void =>
  where("run_no IN (SELECT value FROM json_each(?))", JSON.stringify(runs));

/**
 * Rows with a number behind that one. Rows that touch become one when their numbers come: one that was told and has grown past the place
 * since is told again as it is now, or what it grew by would be on no page.
 */
const behind = (
  { table }: Source,
  order: GapRequest["order"],
  run: number,
  number: number,
  where: Where,
): void => {
  if (order === "desc") {
    where("first < ?", number);
    return;
  }
  // rows go by their first number in the index: the one that may have grown is the last to begin at the place or before
  const from = `SELECT max(first) FROM ${table} WHERE run_no = ? AND first <= ?`;
  where(`first >= ifnull((${from}), 0)`, run, number);
  where("last > ?", number);
};

/** @param place - adds the conditions of where the rows lie */
const rowsOf = (
  db: Sqlite,
  source: Source,
  request: GapRequest,
  limit: number,
  place: (where: Where) => void,
): GapRecord[] => {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where: Where = (condition, ...bound) => {
    conditions.push(condition);
    values.push(...bound);
  };
  const direction = request.order === "asc" ? "ASC" : "DESC";
  place(where);
  if (source.isClosed && request.state !== null) where("state = ?", request.state);
  if (request.cause !== null) where("cause = ?", request.cause);
  if (request.toUs !== null) where("opened_at < ?", request.toUs);
  if (source.isClosed && request.fromUs !== null) where("ifnull(filled_at, closed_at) >= ?", request.fromUs);
  const condition = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return db
    .prepare(
      `SELECT run_no AS run, first, last, ${source.columns} FROM ${source.table} ${condition}
       ORDER BY run_no ${direction}, first ${direction} LIMIT ?`,
    )
    .all(...values, limit) as GapRecord[];
};
