import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../common/clock.ts";
import { LacunaError } from "../../common/errors.ts";
import {
  type Announcement,
  announcementOf,
  DEVICE_STATUSES,
  type DeviceStatus,
  type Downtime,
  deviceStatus,
  rateNow,
} from "../../protocol/device-status.ts";
import { completenessOf } from "../../protocol/ledger-counts.ts";
import { CAUSE, CAUSES, type Cause } from "../../protocol/ledger-row.ts";
import type { DeviceSummary, LedgerSource, QueryClient } from "../sources.ts";
import { filteredInTurns, sortedInTurns } from "./in-turns.ts";
import { judgedAtUs } from "./judged-at.ts";

export const FLEET_SORTS = ["id", "status", "lastSeen", "rate", "completeness", "lost", "missing"] as const;
export type FleetSort = (typeof FLEET_SORTS)[number];

/** A device as a row of a long table. */
export interface FleetRow {
  id: string;
  status: DeviceStatus;
  announced: Announcement | null;
  epoch: number | null;
  /** microseconds; 0 = never */
  lastSeenUs: number;
  /** numbers a second it has used lately; null = not known */
  rateHz: number | null;
  expected: number;
  received: number;
  recovered: number;
  late: number;
  missing: number;
  lost: number;
  completeness: number | null;
  causes: Record<Cause, number>;
}

export interface FleetTableQuery {
  sort: FleetSort;
  order: "asc" | "desc";
  /** part of an id, in any case; null = all */
  search: string | null;
  status: DeviceStatus | null;
  offset: number;
  limit: number;
}

/** shortest age at which the table is made anew */
const FRESH_MS = 1000;
/** a pass over all devices may take that share of this thread's time at most */
const MOST_SHARE = 1 / 20;

/** Devices that are looked at without letting others have their turn: 5 ms. */
const DEVICES_AT_ONCE = 5000;

const noDevices = (): Record<DeviceStatus, number> => ({ online: 0, stale: 0, offline: 0, unknown: 0 });

/** Written out: made for each of very many devices. */
const causesOf = (lost: Float64Array): Record<Cause, number> => ({
  network: lost[CAUSE.NETWORK]!,
  "socket-overflow": lost[CAUSE.SOCKET_OVERFLOW]!,
  "queue-overflow": lost[CAUSE.QUEUE_OVERFLOW]!,
  "collector-down": lost[CAUSE.COLLECTOR_DOWN]!,
  gone: lost[CAUSE.GONE]!,
  undetermined: lost[CAUSE.UNDETERMINED]!,
});
const NOTHING_LOST = Object.freeze(causesOf(new Float64Array(CAUSES.length)));

const rowOf = (summary: DeviceSummary, atUs: number, down: Downtime | null): FleetRow => {
  const { id, epoch, heard, rateHz, lastArrivalUs, expected, received, recovered, late, missing, lost } =
    summary;
  const status = deviceStatus(heard, atUs, down);
  return {
    id,
    status,
    announced: announcementOf(heard, atUs),
    epoch,
    lastSeenUs: lastArrivalUs,
    rateHz: rateNow(rateHz, status),
    expected,
    received,
    recovered,
    late,
    missing,
    lost,
    completeness: completenessOf(received, expected),
    causes: lost === 0 ? NOTHING_LOST : causesOf(summary.causes),
  };
};

/** What is absent of a device that used no number is not known, which is not 0 (R10). */
const absent = ({ expected }: FleetRow, count: number): number | null => (expected === 0 ? null : count);

const KEY: Record<Exclude<FleetSort, "id">, (row: FleetRow) => number | null> = {
  status: ({ status }) => DEVICE_STATUSES.indexOf(status),
  lastSeen: ({ lastSeenUs }) => lastSeenUs,
  rate: ({ rateHz }) => rateHz,
  completeness: ({ completeness }) => completeness,
  lost: (row) => absent(row, row.lost),
  missing: (row) => absent(row, row.missing),
};

/** Rows, which are in the order of their ids, in the order asked for, what is not known last in either, equal ones by id. */
const sorted = async (
  rows: FleetRow[],
  sort: FleetSort,
  order: "asc" | "desc",
): Promise<readonly FleetRow[]> => {
  if (sort === "id") return order === "asc" ? rows : rows.reverse();
  const key = KEY[sort];
  const sign = order === "asc" ? 1 : -1;
  return await sortedInTurns(rows, (a, b) => {
    const left = key(a);
    const right = key(b);
    if (left === right) return 0;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -sign : sign;
  });
};

/** What is known of all devices at one time. */
interface Fleet {
  /** by id */
  rows: FleetRow[];
  /** time of the last commit in all of them */
  asOfUs: number;
  counts: Record<DeviceStatus, number>;
}

/** A fleet's rows in one order. */
interface View {
  fleet: Fleet;
  key: string;
  rows: readonly FleetRow[];
}

const isThere = ({ destroyed, readableEnded }: QueryClient): boolean => !destroyed && !readableEnded;

/**
 * All devices as rows that can be searched, sorted and shown from any place. Made by one pass when asked for, at most once a second
 * and more seldom for a fleet so large that the pass takes long; others have their turn in between. Only the newest order is kept.
 */
export class FleetTable {
  readonly #ledger: LedgerSource;
  readonly #clock: Clock;
  #fleet: Fleet = { rows: [], asOfUs: 0, counts: noDevices() };
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #pass: Promise<void> | undefined;
  #view: View | undefined;
  /** one after the other: who wants the same order finds it made */
  #ordering: Promise<unknown> = Promise.resolve();
  /** for their turn to be given an order */
  readonly #waiting = new Set<QueryClient>();

  constructor(ledger: LedgerSource, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /**
   * @param client - whoever has left before the turn of its query came is no longer answered; nor is who may have, having closed its side, while others wait
   * @returns `asOfUs` of the last commit in it, `total` of the matching devices, `statuses` of all, `rows` from `offset` on
   * @throws LacunaError `ERR_QUERY_CANCELLED`
   */
  async page(
    query: FleetTableQuery,
    client: QueryClient = { destroyed: false, readableEnded: false },
  ): Promise<{
    asOfUs: number;
    total: number;
    statuses: Record<DeviceStatus, number>;
    rows: readonly FleetRow[];
  }> {
    if (this.#clock.monotonicMs() >= this.#freshUntilMs) {
      this.#pass ??= this.#refresh().finally(() => {
        this.#pass = undefined;
      });
      await this.#pass;
    }
    this.#waiting.add(client);
    const ordering = this.#ordering.then(() => {
      this.#waiting.delete(client);
      if (client.destroyed || (client.readableEnded && [...this.#waiting].some(isThere)))
        throw new LacunaError("ERR_QUERY_CANCELLED", "the client is gone");
      return this.#order(this.#fleet, query);
    });
    this.#ordering = ordering.catch(() => {});
    const { fleet, rows } = await ordering;
    return {
      asOfUs: fleet.asOfUs,
      total: rows.length,
      statuses: fleet.counts,
      rows: rows.slice(query.offset, query.offset + query.limit),
    };
  }

  async #refresh(): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    const atUs = judgedAtUs(this.#ledger, this.#clock.wallUs());
    const { down, asOfUs } = this.#ledger;
    const fleet: Fleet = { rows: [], asOfUs, counts: noDevices() };
    const add = (summary: DeviceSummary): void => {
      const row = rowOf(summary, atUs, down);
      fleet.counts[row.status]++;
      fleet.rows.push(row);
    };
    let tookMs = 0;
    for (let after: string | null = null; ; ) {
      const beganMs = this.#clock.monotonicMs();
      after = this.#ledger.visitDevices(add, after, DEVICES_AT_ONCE);
      tookMs += this.#clock.monotonicMs() - beganMs;
      if (after === null) break;
      await nextTurn();
    }
    this.#fleet = fleet;
    this.#view = undefined;
    this.#freshUntilMs = startMs + Math.max(FRESH_MS, tookMs / MOST_SHARE);
  }

  async #order(fleet: Fleet, { sort, order, search, status }: FleetTableQuery): Promise<View> {
    const key = JSON.stringify([sort, order, search, status]);
    if (this.#view?.key === key) return this.#view;
    const wanted = search?.toLowerCase() ?? "";
    const matching = await filteredInTurns(
      fleet.rows,
      (row) =>
        (status === null || row.status === status) &&
        (wanted === "" || row.id.toLowerCase().includes(wanted)),
    );
    const view = { fleet, key, rows: await sorted(matching, sort, order) };
    // it may have been made anew meanwhile
    if (this.#fleet === fleet) this.#view = view;
    return view;
  }
}
