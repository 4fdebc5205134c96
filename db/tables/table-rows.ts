import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";
import { isTableValue } from "../view/table-value.ts";

const isText = (value: unknown): boolean => typeof value === "string";
/** Columns with something else than integers; what senders announce (`sleep_until`) may be beyond all of these. */
const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: isText,
  source: isText,
  name: isText,
  unit: isText,
  described: isText,
  interval: Number.isFinite,
  clock_base: Number.isFinite,
  sleep_until: Number.isFinite,
  value: isTableValue,
};

/** Of which device, and of which epoch of it, null = none; undefined = all. */
export interface RowsOf {
  device?: number | undefined;
  epoch?: number | null;
}

/**
 * Rows of one of the tables for people; no epoch is -1.
 * @throws SegmentCorruptError when a column has a value of another kind than was written: but for STRICT tables SQLite minds neither NULL nor a text
 */
export function* tableRows<Row extends unknown[]>(
  db: Sqlite,
  table: string,
  columns: readonly string[],
  order: string,
  { device, epoch }: RowsOf = {},
): Generator<Row> {
  const areSound = columns.map((column) => KINDS[column] ?? Number.isSafeInteger);
  const selected = columns.map((column) => (column === "epoch" ? "ifnull(epoch, -1)" : column));
  const ofEpoch = epoch === undefined ? "" : " AND epoch IS ?";
  const where = device === undefined ? "" : ` WHERE device_no = ?${ofEpoch}`;
  const parameters = [device, epoch].filter((value) => value !== undefined);
  const rows = db
    .prepare(`SELECT ${selected.join(", ")} FROM ${table}${where} ORDER BY ${order}`)
    .raw()
    .iterate(...parameters) as IterableIterator<Row>;
  for (const row of rows) {
    for (let at = 0; at < columns.length; at++) {
      if (areSound[at]!(row[at])) continue;
      throw new SegmentCorruptError(
        `${table}: ${columns[at]} of the row of ${columns[0]} ${row[0]} is not as it was written`,
      );
    }
    yield row;
  }
}

/** The number of the device with the id; undefined = the tables have none. */
export const deviceNumberOf = (db: Sqlite, id: string): number | undefined =>
  db.prepare("SELECT device_no FROM devices WHERE id = ?").pluck().get(id) as number | undefined;
