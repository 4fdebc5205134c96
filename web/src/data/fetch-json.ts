import { noteServerDate } from "./clock.ts";
import { authorization, noteTokenWanted } from "./token.ts";

/** An answer that is no good one: `status` 0 when there was none at all. */
export class ApiFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** how long an answer may take before the connection counts as lost */
const TIMEOUT_MS = 10_000;

const detailOf = async (response: Response): Promise<string> => {
  const body = (await response.json().catch(() => ({}))) as { detail?: string };
  return body.detail ?? `${response.status} ${response.statusText}`;
};

/**
 * GET below `api/v1`, relative to the page.
 * @param path - such as `ledger` or `devices/pump-7`
 * @param cache - `no-cache`: the browser keeps the answer, and revalidates it by ETag where the server gives one
 * @throws ApiFailure, or an AbortError when `signal` says so
 */
export const fetchJson = async <T>(
  path: string,
  signal: AbortSignal,
  cache: "no-cache" | "no-store" = "no-cache",
): Promise<T> => {
  const both = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const options: RequestInit = { headers: authorization(), signal: both, cache };
  const response = await fetch(`api/v1/${path}`, options).catch((error: Error) => {
    if (signal.aborted) throw error;
    throw new ApiFailure(0, "the collector does not answer");
  });
  noteServerDate(response.headers.get("date"));
  if (response.status === 401) noteTokenWanted();
  if (!response.ok) throw new ApiFailure(response.status, await detailOf(response));
  return (await response.json()) as T;
};

/** Path of a device. `.` and `..` are steps in every URL, however they are written: these two have a control character behind them there. */
export const devicePath = (id: string): string =>
  `devices/${encodeURIComponent(id)}${/^\.{1,2}$/.test(id) ? "%7F" : ""}`;

/** A query string of what is given; lists are repeated parameters. */
export const query = (parameters: Record<string, string | number | readonly string[] | null>): string => {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    (value === null ? [] : Array.isArray(value) ? value : [value]).map((item): [string, string] => [
      name,
      String(item),
    ]),
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
};
