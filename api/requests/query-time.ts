import { parseDurationMs } from "../../common/duration.ts";
import { parseTime } from "../../protocol/time.ts";
import { type ParameterMistake, parameterError } from "../problems.ts";

const PLAIN_DATE = /^\d{4}-\d\d-\d\d$/;
const RELATIVE = /^-\d/;
/** What a time of a query looks like, for messages and for the description of the API. */
export const TIME_ACCEPTED =
  "RFC 3339, such as 2026-11-20T12:00:00.123456Z, a date such as 2026-11-20, now, or a duration before it such as -15m";

/**
 * Nothing is stored outside of 1970 to 2255, and differences of times in between are exact: beyond, the last reading of a span fell out of its last bucket.
 * Clients ask from the year 1 or to 9999 when they mean everything.
 */
const withinExact = (timeUs: number): number => Math.min(Math.max(timeUs, 0), Number.MAX_SAFE_INTEGER);

/** Microseconds of a duration, or NaN. */
export const durationUs = (text: string): number => {
  try {
    return Math.round(parseDurationMs(text) * 1000);
  } catch {
    // said by the caller, in the words of a parameter
    return Number.NaN;
  }
};

/** Whether a time depends on when it is asked. */
export const isRelative = (text: string | undefined): boolean =>
  text !== undefined && (text === "now" || RELATIVE.test(text));

/** Microseconds since the Unix epoch, or NaN. A `+` that stood unescaped in the URL has become a space. */
const parseQueryTime = (text: string, nowUs: number): number => {
  if (text === "now") return nowUs;
  if (RELATIVE.test(text)) return nowUs - durationUs(text.slice(1));
  return parseTime(PLAIN_DATE.test(text) ? `${text}T00:00:00Z` : text.replace(" ", "+"));
};

const [LEAST_STEP_US, GREATEST_STEP_US] = [durationUs("1ms"), durationUs("5200w")];

/** Names of formats in the schemas. */
export const QUERY_TIME = "query-time";
export const QUERY_STEP = "query-step";

/** What the texts of these formats are: a wrong one is named by the validation, together with all else that is wrong. */
export const QUERY_FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  [QUERY_TIME]: (text) => !Number.isNaN(parseQueryTime(text, 0)),
  [QUERY_STEP]: (text) => durationUs(text) >= LEAST_STEP_US && durationUs(text) <= GREATEST_STEP_US,
};

/** A span of time as a query gives it. */
export interface TimeRange {
  /** inclusive; null = open */
  fromUs: number | null;
  /** exclusive; null = open */
  toUs: number | null;
}

/**
 * @param nowUs - what relative times count from
 * @throws ApiError 400 naming `from` or `to`
 */
export const parseTimeRange = (query: { from?: string; to?: string }, nowUs: number): TimeRange => {
  const mistakes: ParameterMistake[] = [];
  const read = (name: "from" | "to"): number | null => {
    const text = query[name];
    if (text === undefined) return null;
    const timeUs = parseQueryTime(text, nowUs);
    if (Number.isNaN(timeUs)) mistakes.push({ name, detail: `accepted is ${TIME_ACCEPTED}` });
    return timeUs;
  };
  const [fromUs, toUs] = [read("from"), read("to")];
  if (fromUs !== null && toUs !== null && toUs < fromUs) {
    mistakes.push({ name: "to", detail: "accepted is a time not before `from`" });
  }
  if (mistakes.length > 0) throw parameterError(mistakes);
  return {
    fromUs: fromUs === null ? null : withinExact(fromUs),
    toUs: toUs === null ? null : withinExact(toUs),
  };
};
