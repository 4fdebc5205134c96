import type { Clock } from "../../common/clock.ts";
import type { DeviceStatus } from "../../protocol/device-status.ts";
import { parameterError } from "../problems.ts";
import { encodeCursor, foreignCursor } from "../requests/cursor.ts";
import type { Position, QueryClient } from "../sources.ts";
import type { FleetRow, FleetSort, FleetTable } from "./fleet-table.ts";

export interface DeviceListQuery {
  sort: FleetSort;
  order: "asc" | "desc";
  search: string | null;
  status: DeviceStatus | null;
  /** inclusive; devices without a completeness are in no such list */
  leastCompleteness: number | null;
  mostCompleteness: number | null;
  /** of the last arrival, microseconds */
  fromUs: number | null;
  toUs: number | null;
}

interface List {
  key: string;
  ids: readonly string[];
  usedAtMs: number;
}

/** Lists kept for their next pages, and for how long after the last one. */
const MOST_LISTS = 16;
const KEPT_MS = 300_000;
export const LIST_SCOPE = "device-list";

/**
 * Filtered and sorted lists of devices, page by page. What a list is sorted by changes all the time; so its first page fixes which devices it has and
 * in which order, and the pages after it lose and repeat none. What is shown of a device is what it is at that moment.
 */
export class DeviceLists {
  readonly #table: FleetTable;
  readonly #clock: Clock;
  readonly #lists = new Map<number, List>();
  #lastNumber: number;

  constructor(table: FleetTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
    // as no process before has counted: a cursor of one of its lists would go on with another list
    this.#lastNumber = clock.wallUs();
  }

  /**
   * @param key - the query as it was asked: pages go on with the same one
   * @param query - asked for the first page only
   * @param after - the decoded cursor; null = the first page
   * @param client - for whom a first page is made (`FleetTable.page`)
   * @returns ids, some of which may be gone meanwhile, and the cursor behind so many of them
   * @throws ApiError 400 naming `cursor` when the list is not kept any more, or is another one
   */
  async page(
    key: string,
    query: () => DeviceListQuery,
    after: Position | null,
    limit: number,
    client: QueryClient,
  ): Promise<{ ids: readonly string[]; nextAfter: (used: number) => string | null }> {
    const [number, offset] = after === null ? [0, 0] : after;
    const list = after === null ? await this.#make(query(), key, client) : this.#kept(Number(number), key);
    const nextAfter = (used: number): string | null => {
      const end = Number(offset) + used;
      if (end >= list.ids.length) return null;
      const kept = after === null ? this.#keep(list) : Number(number);
      return encodeCursor(LIST_SCOPE, [kept, end]);
    };
    return { ids: list.ids.slice(Number(offset), Number(offset) + limit), nextAfter };
  }

  async #make(query: DeviceListQuery, key: string, client: QueryClient): Promise<List> {
    const { rows } = await this.#table.page({ ...query, offset: 0, limit: Number.POSITIVE_INFINITY }, client);
    const ids = rows.filter((row) => isWanted(query, row)).map(({ id }) => id);
    return { key, ids, usedAtMs: this.#clock.monotonicMs() };
  }

  #keep(list: List): number {
    for (const [number, { usedAtMs }] of this.#lists)
      if (list.usedAtMs - usedAtMs > KEPT_MS) this.#lists.delete(number);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size >= MOST_LISTS) this.#lists.delete(oldest!);
    this.#lists.set(++this.#lastNumber, list);
    return this.#lastNumber;
  }

  #kept(number: number, key: string): List {
    const list = this.#lists.get(number);
    if (list === undefined) {
      const detail = "the list it goes on with is kept no more: ask without it";
      throw parameterError([{ name: "cursor", detail }]);
    }
    if (list.key !== key) throw foreignCursor();
    list.usedAtMs = this.#clock.monotonicMs();
    // the one used longest ago is the first to go
    this.#lists.delete(number);
    this.#lists.set(number, list);
    return list;
  }
}

const isWanted = (
  { leastCompleteness, mostCompleteness, fromUs, toUs }: DeviceListQuery,
  { completeness, lastSeenUs }: FleetRow,
): boolean =>
  (leastCompleteness === null || (completeness !== null && completeness >= leastCompleteness)) &&
  (mostCompleteness === null || (completeness !== null && completeness <= mostCompleteness)) &&
  (fromUs === null || lastSeenUs >= fromUs) &&
  (toUs === null || lastSeenUs < toUs);
