import { completenessOf } from "../protocol/ledger-counts.ts";
import { formatTime } from "../protocol/time.ts";
import { type KeyCache, valuesJson } from "./json-values.ts";
import type { ReadingRow, ReadingsPage, ReadingValue } from "./sources.ts";

const withRatio = ({ completeness }: ReadingsPage) => ({
  ...completeness,
  ratio: completenessOf(completeness.received, completeness.expected),
});

const readingJson = ({ timeUs, epoch, run, sequence, names, values }: ReadingRow, keys: KeyCache): string =>
  `{"time":"${formatTime(timeUs)}","epoch":${epoch},"run":${run},"seq":${sequence},"values":${valuesJson(names, values, keys)}}`;

/** `GET /devices/{id}/readings` as JSON text. */
export const readingsJson = (device: string, page: ReadingsPage, next: string | null): string => {
  const keys: KeyCache = new Map();
  const readings = page.readings.map((row) => readingJson(row, keys)).join(",");
  return (
    `{"device":${JSON.stringify(device)},"readings":[${readings}],` +
    `"completeness":${JSON.stringify(withRatio(page))},"next":${JSON.stringify(next)}}`
  );
};

/** Completeness as a header, a dictionary of RFC 9651: CSV has no other place for it. */
export const completenessHeader = (page: ReadingsPage): string => {
  const { ratio, ...counts } = withRatio(page);
  const members = Object.entries(counts).map(([name, count]) => `${name}=${count}`);
  // a decimal has at most three digits of fraction there; rounding down never claims what is not here
  if (ratio !== null) members.push(`ratio=${(Math.floor(ratio * 1000) / 1000).toFixed(3)}`);
  return members.join(", ");
};

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const valueCell = (value: ReadingValue | undefined): string => {
  if (value === undefined) return "";
  return Object.is(value, -0) ? "-0" : String(value);
};

/** Columns after the first four: the wanted channels in their order, then others that occur. */
const columnsOf = (page: ReadingsPage, wanted: readonly string[]): Map<string, number> => {
  const columns = new Map<string, number>();
  const add = (name: string): void => {
    if (!columns.has(name)) columns.set(name, columns.size);
  };
  wanted.forEach(add);
  for (const { names } of page.readings) names.forEach(add);
  return columns;
};

const csvLine = (row: ReadingRow, columns: ReadonlyMap<string, number>): string => {
  const cells = new Array<string>(columns.size).fill("");
  for (const [index, name] of row.names.entries()) cells[columns.get(name)!] = valueCell(row.values[index]);
  return [formatTime(row.timeUs), row.epoch ?? "", row.run, row.sequence ?? "", ...cells].join(",");
};

/**
 * The same readings as CSV (RFC 4180, lines ended by LF): header `time,epoch,run,seq,<channel…>`; an absent value is empty.
 * @param wanted - channels that get a column even when no reading of the page has them, so that pages have the same columns
 */
export const readingsCsv = (page: ReadingsPage, wanted: readonly string[]): string => {
  const columns = columnsOf(page, wanted);
  const header = ["time,epoch,run,seq", ...[...columns.keys()].map(quoted)].join(",");
  return `${[header, ...page.readings.map((row) => csvLine(row, columns))].join("\n")}\n`;
};
