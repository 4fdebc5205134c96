import { formatTime } from "../../protocol/time.ts";
import type { TimeForm } from "../sources.ts";

/** A time of an answer as JSON: a string, or a number. */
export const timeJson = (timeUs: number, form: TimeForm): string => {
  if (form === "rfc3339") return `"${formatTime(timeUs)}"`;
  return String(form === "us" ? timeUs : timeUs / 1000);
};
