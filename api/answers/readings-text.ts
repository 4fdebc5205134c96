import { LacunaError } from "../../common/errors.ts";
import { completenessOf } from "../../protocol/ledger-counts.ts";
import { enclose } from "../sending/send-bytes.ts";
import type { DamagedPart, ReadingRow, ReadingsText, ReadingValue, TextForm, TimeForm } from "../sources.ts";
import { columnOfChannel, csvText } from "./csv-text.ts";
import { JsonKeys, type TextWriter } from "./text-writer.ts";

type Told = Pick<ReadingsText, "completeness" | "damaged">;

/** How many numbers are damaged is known everywhere: without that no completeness is claimed. */
export const isCounted = ({ damaged = [] }: Pick<Told, "damaged">): boolean =>
  damaged.every(({ count }) => count !== null);

/** received / expected; null where that cannot be told */
export const ratioOf = (told: Told): number | null =>
  isCounted(told) ? completenessOf(told.completeness.received, told.completeness.expected) : null;

const withRatio = (told: Told) => ({ ...told.completeness, ratio: ratioOf(told) });

/** Readings as JSON array, lines of JSON or CSV. @throws LacunaError as `writeCsv` */
export const writeReadings = (out: TextWriter, rows: readonly ReadingRow[], form: TextForm): void => {
  if (form.format === "csv") writeCsv(out, rows, form);
  else if (form.format === "ndjson") writeLines(out, rows, form.time);
  else writeArray(out, rows, form.time);
};

const writeReading = (out: TextWriter, reading: ReadingRow, form: TimeForm, keys: JsonKeys): void => {
  const { timeUs, epoch, run, sequence, names, values } = reading;
  out
    .ascii('{"time":')
    .timeJson(timeUs, form)
    .ascii(',"epoch":')
    .integer(epoch)
    .ascii(',"run":')
    .integer(run);
  out.ascii(',"seq":').integer(sequence).ascii(',"values":{');
  for (let index = 0; index < names.length; index++) {
    if (index > 0) out.ascii(",");
    out.bytes(keys.of(names[index]!)).value(values[index]!);
  }
  out.ascii("}}");
};

const writeArray = (out: TextWriter, rows: readonly ReadingRow[], form: TimeForm): void => {
  const keys = new JsonKeys();
  out.ascii("[");
  for (let index = 0; index < rows.length; index++) {
    if (index > 0) out.ascii(",");
    writeReading(out, rows[index]!, form, keys);
  }
  out.ascii("]");
};

/** The same, a line per reading. */
const writeLines = (out: TextWriter, rows: readonly ReadingRow[], form: TimeForm): void => {
  const keys = new JsonKeys();
  for (const row of rows) {
    writeReading(out, row, form, keys);
    out.ascii("\n");
  }
};

/** `GET /devices/{id}/readings`, around the readings' own text. */
export const readingsJson = (device: string, page: ReadingsText, next: string | null): Buffer<ArrayBuffer> =>
  enclose(
    `{"device":${JSON.stringify(device)},"readings":`,
    page.text,
    `,"completeness":${JSON.stringify(withRatio(page))},${damagedMember(page.damaged)}"next":${JSON.stringify(next)}}`,
  );

/** Only where there is something to tell. */
const damagedMember = (damaged: ReadingsText["damaged"]): string =>
  damaged === undefined ? "" : `"damaged":${JSON.stringify(damaged)},`;

/** What could not be read, as lines of NDJSON. */
export const damagedLines = (damaged: readonly DamagedPart[]): string =>
  damaged.map((part) => `${JSON.stringify({ damaged: part })}\n`).join("");

/** Readings as NDJSON, and what of them could not be read. */
export const withDamagedLines = ({ text, damaged = [] }: ReadingsText): ReadingsText["text"] =>
  damaged.length === 0 ? text : enclose("", text, damagedLines(damaged));

/** Completeness as a header, a dictionary of RFC 9651: CSV has no other place for it, nor for what is damaged (true where no count of numbers says it). */
export const completenessHeader = (told: Told): string => {
  const { ratio, ...counts } = withRatio(told);
  const members = Object.entries(counts).map(([name, count]) => `${name}=${count}`);
  if (told.damaged !== undefined && counts.damaged === undefined) members.push("damaged");
  // a decimal has at most three digits of fraction there; rounding down never claims what is not here
  if (ratio !== null) members.push(`ratio=${(Math.floor(ratio * 1000) / 1000).toFixed(3)}`);
  return members.join(", ");
};

/** Of lists that are in use: an export has one for all its pages, with a column for every name that ever was. */
const KNOWN_COLUMNS = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Places of the wanted channels, in their order. */
const columnsOf = (wanted: readonly string[]): ReadonlyMap<string, number> => {
  const known = KNOWN_COLUMNS.get(wanted);
  if (known !== undefined) return known;
  const columns = new Map(Array.from(new Set(wanted), (name, place) => [name, place]));
  KNOWN_COLUMNS.set(wanted, columns);
  return columns;
};

/** The same, then others that occur. */
const withOccurring = (
  columns: ReadonlyMap<string, number>,
  rows: readonly ReadingRow[],
): ReadonlyMap<string, number> => {
  const others = new Set<string>();
  for (const { names } of rows) for (const name of names) if (!columns.has(name)) others.add(name);
  if (others.size === 0) return columns;
  return new Map([...columns.keys(), ...others].map((name, place) => [name, place]));
};

/** @param cells - one for each column, used again */
const writeCsvLine = (
  out: TextWriter,
  row: ReadingRow,
  form: TimeForm,
  columns: ReadonlyMap<string, number>,
  cells: (ReadingValue | undefined)[],
): void => {
  cells.fill(undefined);
  for (const [index, name] of row.names.entries()) cells[columns.get(name)!] = row.values[index];
  out.timeText(row.timeUs, form);
  out.ascii(",");
  if (row.epoch !== null) out.integer(row.epoch);
  out.ascii(",").integer(row.run).ascii(",");
  if (row.sequence !== null) out.integer(row.sequence);
  for (const cell of cells) {
    out.ascii(",");
    if (cell !== undefined) out.plain(cell);
  }
  out.ascii("\n");
};

/**
 * The same readings as CSV (RFC 4180, lines ended by LF): header `time,epoch,run,seq,<channel…>`; an absent value is empty.
 * @throws LacunaError `ERR_CHANNEL_RENAMED` when the text goes on and the header lacks a channel
 */
const writeCsv = (
  out: TextWriter,
  rows: readonly ReadingRow[],
  { time, columns: wanted, isContinued }: Extract<TextForm, { format: "csv" }>,
): void => {
  const known = columnsOf(wanted);
  const columns = withOccurring(known, rows);
  if (!isContinued) {
    const titles = Array.from(columns.keys(), (name) => csvText(columnOfChannel(name)));
    out.text(`${["time,epoch,run,seq", ...titles].join(",")}\n`);
  } else if (columns !== known)
    throw new LacunaError("ERR_CHANNEL_RENAMED", "a channel was described while its readings were written");
  const cells = new Array<ReadingValue | undefined>(columns.size);
  for (const row of rows) writeCsvLine(out, row, time, columns, cells);
};
