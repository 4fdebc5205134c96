import { formatTime } from "../../protocol/time.ts";
import type { EventRow } from "../sources.ts";

/** Members of `detail` that are times, which the store keeps in microseconds, by the kind of event. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  sleep: ["until"],
  "collector-down": ["from", "to"],
};

/** 0 is no time: nothing had ever been heard. Nor is what no clock of ours says, in a damaged database. */
const timeOrNull = (value: unknown): string | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? formatTime(Number(value)) : null;

/** An event as the API tells it: every time in RFC 3339, also those in its detail. */
export const eventJson = ({ atUs, kind, detail, ...event }: EventRow) => {
  const times = (TIMES[kind] ?? []).filter((name) => name in detail);
  const texts = Object.fromEntries(times.map((name) => [name, timeOrNull(detail[name])]));
  return { ...event, kind, time: formatTime(atUs), detail: { ...detail, ...texts } };
};
