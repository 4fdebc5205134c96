import type { ReadingValue } from "../sources.ts";

/** A text as a cell of CSV (RFC 4180). */
export const csvText = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A value as a cell; an absent one is empty. */
export const csvValue = (value: ReadingValue | string | undefined): string => {
  if (value === undefined) return "";
  return Object.is(value, -0) ? "-0" : String(value);
};

/** What the columns before the channels are called, here and in an export. */
const FIXED_COLUMNS: readonly string[] = ["device", "time", "epoch", "run", "seq"];
const CHANNEL = "channel:";

/** The title of a channel's column: its name, behind `channel:` where that could be taken for another column. */
export const columnOfChannel = (name: string): string =>
  FIXED_COLUMNS.includes(name) || name.startsWith(CHANNEL) ? CHANNEL + name : name;

/** Undo `columnOfChannel`. */
export const channelOfColumn = (title: string): string =>
  title.startsWith(CHANNEL) ? title.slice(CHANNEL.length) : title;
