import { LacunaError } from "../common/errors.ts";
import { completenessOf } from "../protocol/ledger-counts.ts";
import { csvText, csvValue } from "./csv-text.ts";
import { type KeyCache, valuesJson } from "./json-values.ts";
import type { Completeness, ReadingRow, ReadingsText, TextForm, TimeForm } from "./sources.ts";
import { timeJson, timeText } from "./time-text.ts";

export const withRatio = (completeness: Completeness) => ({
  ...completeness,
  ratio: completenessOf(completeness.received, completeness.expected),
});

const readingJson = (
  { timeUs, epoch, run, sequence, names, values }: ReadingRow,
  form: TimeForm,
  keys: KeyCache,
): string =>
  `{"time":${timeJson(timeUs, form)},"epoch":${epoch},"run":${run},"seq":${sequence},` +
  `"values":${valuesJson(names, values, keys)}}`;

/** Readings as the text of a JSON array. */
export const readingsArray = (rows: readonly ReadingRow[], form: TimeForm): string => {
  const keys: KeyCache = new Map();
  return `[${rows.map((row) => readingJson(row, form, keys)).join(",")}]`;
};

/** The same, a line per reading. */
export const readingsLines = (rows: readonly ReadingRow[], form: TimeForm): string => {
  const keys: KeyCache = new Map();
  return rows.map((row) => `${readingJson(row, form, keys)}\n`).join("");
};

/** `GET /devices/{id}/readings`, around the readings' own text. */
export const readingsJson = (device: string, page: ReadingsText, next: string | null): string =>
  `{"device":${JSON.stringify(device)},"readings":${page.text},` +
  `"completeness":${JSON.stringify(withRatio(page.completeness))},"next":${JSON.stringify(next)}}`;

/** Completeness as a header, a dictionary of RFC 9651: CSV has no other place for it. */
export const completenessHeader = (completeness: Completeness): string => {
  const { ratio, ...counts } = withRatio(completeness);
  const members = Object.entries(counts).map(([name, count]) => `${name}=${count}`);
  // a decimal has at most three digits of fraction there; rounding down never claims what is not here
  if (ratio !== null) members.push(`ratio=${(Math.floor(ratio * 1000) / 1000).toFixed(3)}`);
  return members.join(", ");
};

/** Columns after the first four: the wanted channels in their order, then others that occur. */
const columnsOf = (rows: readonly ReadingRow[], wanted: readonly string[]): Map<string, number> => {
  const columns = new Map<string, number>();
  const add = (name: string): void => {
    if (!columns.has(name)) columns.set(name, columns.size);
  };
  wanted.forEach(add);
  for (const { names } of rows) names.forEach(add);
  return columns;
};

const csvLine = (row: ReadingRow, form: TimeForm, columns: ReadonlyMap<string, number>): string => {
  const cells = new Array<string>(columns.size).fill("");
  for (const [index, name] of row.names.entries()) cells[columns.get(name)!] = csvValue(row.values[index]);
  return `${[timeText(row.timeUs, form), row.epoch ?? "", row.run, row.sequence ?? "", ...cells].join(",")}\n`;
};

/**
 * The same readings as CSV (RFC 4180, lines ended by LF): header `time,epoch,run,seq,<channel…>`; an absent value is empty.
 * @throws LacunaError `ERR_CHANNEL_RENAMED` when the text goes on and the header lacks a channel
 */
export const readingsCsv = (
  rows: readonly ReadingRow[],
  { time, columns: wanted, isContinued }: Extract<TextForm, { format: "csv" }>,
): string => {
  const columns = columnsOf(rows, wanted);
  const lines = rows.map((row) => csvLine(row, time, columns)).join("");
  if (!isContinued)
    return `${["time,epoch,run,seq", ...[...columns.keys()].map(csvText)].join(",")}\n${lines}`;
  if (columns.size === new Set(wanted).size) return lines;
  throw new LacunaError("ERR_CHANNEL_RENAMED", "a channel was described while its readings were written");
};
