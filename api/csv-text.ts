import type { ReadingValue } from "./sources.ts";

/** A text as a cell of CSV (RFC 4180). */
export const csvText = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A value as a cell; an absent one is empty. */
export const csvValue = (value: ReadingValue | string | undefined): string => {
  if (value === undefined) return "";
  return Object.is(value, -0) ? "-0" : String(value);
};
