import { setTimeout as sleep } from "node:timers/promises";
import { LacunaError, messageOf } from "./errors.ts";

/** A part of a list; `next` continues it. */
type Page<Name extends string, Item> = Record<Name, Item[]> & { next: string | null };

const TRIES = 5;
const RETRY_MS = 500;
/** the collector is busy or asks to be asked less often */
const TRY_AGAIN: readonly number[] = [429, 503];
const NOT_FOUND = 404;

export interface ApiAccess {
  /** sent as `Authorization: Bearer`; null = none */
  token: string | null;
  /** code of the errors thrown; default `ERR_API` */
  errorCode?: string;
}

/** Asks a collector's HTTP API. Every call throws LacunaError when it cannot be reached or answers with an error. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #headers: Record<string, string>;
  readonly #errorCode: string;

  /** @param baseUrl - such as http://127.0.0.1:8047 */
  constructor(baseUrl: string, { token, errorCode = "ERR_API" }: ApiAccess) {
    this.#baseUrl = `${baseUrl.replace(/\/+$/, "")}/api/v1`;
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` };
    this.#errorCode = errorCode;
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
      return await fetch(this.#baseUrl + path, { headers: this.#headers });
    } catch (error) {
      // fetch says only "fetch failed"; what failed is its cause
      const why = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw this.#error(path, messageOf(why), error);
    }
  }

  #error(path: string, what: string, cause?: unknown): LacunaError {
    return new LacunaError(this.#errorCode, `GET ${this.#baseUrl}${path}: ${what}`, { cause });
  }
}
