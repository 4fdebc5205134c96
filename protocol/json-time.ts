import { parseTime } from "./time.ts";

/** The three ways a JSON datagram or sample may state its time; at most one of them. */
export interface JsonTime {
  /** RFC 3339 */
  time?: unknown;
  /** integer microseconds since the Unix epoch */
  time_us?: unknown;
  /** integer milliseconds since the Unix epoch */
  time_ms?: unknown;
}

/**
 * @returns microseconds since the Unix epoch, 0 when no time is stated, NaN when it has the wrong type or form, or is stated twice.
 *   A time nobody can mean (the year 9999) is returned as it is: who knows the arrival judges it.
 */
export const readJsonTime = (object: JsonTime): number => {
  const time = object.time ?? undefined;
  const timeUs = object.time_us ?? undefined;
  const timeMs = object.time_ms ?? undefined;
  if (timeUs !== undefined) return time === undefined && timeMs === undefined ? integer(timeUs) : Number.NaN;
  if (timeMs !== undefined) return time === undefined ? integer(timeMs) * 1000 : Number.NaN;
  if (time === undefined) return 0;
  return typeof time === "string" ? parseTime(time) : Number.NaN;
};

/** -0 becomes 0; NaN for what is no integer. */
const integer = (value: unknown): number => (Number.isInteger(value) ? (value as number) + 0 : Number.NaN);
