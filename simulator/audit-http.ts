import { setTimeout as sleep } from "node:timers/promises";
import { LacunaError, messageOf } from "../common/errors.ts";
import type { LedgerCounts } from "../protocol/ledger-counts.ts";
import { parseTime } from "../protocol/time.ts";
import type { AuditDevice, AuditFleet, AuditGap, AuditReading, AuditSource } from "./audit/source.ts";

/** The parts of the API's answers (design §7) that an audit reads. */
interface DeviceLedgerJson {
  total: LedgerCounts;
  epochs: (LedgerCounts & Omit<AuditDevice["runs"][number], "counts">)[];
}
interface ReadingJson {
  time: string;
  epoch: number | null;
  run: number;
  seq: number | null;
  values: Record<string, number | boolean | string>;
}
interface StatusJson {
  listeners: { state: string; since: string }[];
}
type Page<Name extends string, Item> = Record<Name, Item[]> & { next: string | null };

const PAGE = 1000;
const READINGS_PAGE = 10_000;
const TRIES = 5;
const RETRY_MS = 500;
/** the collector is busy or asks to be asked less often */
const TRY_AGAIN: readonly number[] = [429, 503];
const NOT_FOUND = 404;

/**
 * A collector seen through its HTTP API.
 * @param baseUrl - such as http://127.0.0.1:8047
 * @returns a source whose calls throw LacunaError `ERR_AUDIT_HTTP` when the API cannot be reached or answers with an error
 */
export const httpAuditSource = (baseUrl: string): AuditSource => {
  const client = new ApiClient(baseUrl);
  const devicePath = (id: string): string => `/devices/${encodeURIComponent(id)}`;
  return {
    async fleet() {
      const { total } = await client.get<{ total: LedgerCounts & Omit<AuditFleet, "counts"> }>("/ledger");
      return { ...total, counts: total };
    },
    async *devices() {
      for await (const page of client.pages<"devices", { id: string }>("/devices", "devices", PAGE)) {
        yield page.map(({ id }) => id);
      }
    },
    async device(id) {
      const ledger = await client.find<DeviceLedgerJson>(`${devicePath(id)}/ledger`);
      if (ledger === null) return null;
      return { counts: ledger.total, runs: ledger.epochs.map((epoch) => ({ ...epoch, counts: epoch })) };
    },
    gaps: (id) => client.pages<"gaps", AuditGap>(`${devicePath(id)}/gaps`, "gaps", PAGE),
    async *readings(id) {
      const path = `${devicePath(id)}/readings`;
      for await (const page of client.pages<"readings", ReadingJson>(path, "readings", READINGS_PAGE)) {
        yield page.map(readingOf);
      }
    },
    async listeningSinceUs() {
      const { listeners } = await client.get<StatusJson>("/status");
      const sinceUs = listeners.filter(({ state }) => state === "OK").map(({ since }) => parseTime(since));
      return sinceUs.length === 0 ? null : Math.max(...sinceUs);
    },
  };
};

const readingOf = ({ time, epoch, run, seq, values }: ReadingJson): AuditReading => ({
  epoch,
  run,
  sequence: seq,
  timeUs: parseTime(time),
  // "NaN", "Infinity" and "-Infinity" are how the API writes what JSON has no number for
  values: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? Number(value) : value]),
  ),
});

class ApiClient {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = `${baseUrl.replace(/\/+$/, "")}/api/v1`;
  }

  async get<T>(path: string): Promise<T> {
    const found = await this.find<T>(path);
    if (found === null) throw this.#error(path, "there is no such resource");
    return found;
  }

  /** null when the API answers 404. */
  async find<T>(path: string): Promise<T | null> {
    for (let tries = 1; ; tries++) {
      const response = await this.#fetch(path);
      if (response.status === NOT_FOUND) return null;
      if (response.ok) return (await response.json()) as T;
      const text = await response.text();
      if (!TRY_AGAIN.includes(response.status) || tries === TRIES) {
        throw this.#error(path, `status ${response.status}: ${text}`);
      }
      const afterSeconds = Number(response.headers.get("retry-after") ?? Number.NaN);
      await sleep(Number.isFinite(afterSeconds) ? afterSeconds * 1000 : RETRY_MS * tries);
    }
  }

  /** Every page of a list. */
  async *pages<Name extends string, Item>(path: string, name: Name, limit: number): AsyncGenerator<Item[]> {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(limit) });
      if (cursor !== null) query.set("cursor", cursor);
      const page: Page<Name, Item> = await this.get(`${path}?${query}`);
      yield page[name];
      cursor = page.next;
    } while (cursor !== null);
  }

  async #fetch(path: string): Promise<Response> {
    try {
      return await fetch(this.#baseUrl + path);
    } catch (error) {
      // fetch says only "fetch failed"; what failed is its cause
      const why = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw this.#error(path, messageOf(why), error);
    }
  }

  #error(path: string, what: string, cause?: unknown): LacunaError {
    return new LacunaError("ERR_AUDIT_HTTP", `GET ${this.#baseUrl}${path}: ${what}`, { cause });
  }
}
