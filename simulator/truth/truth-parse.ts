import { LacunaError } from "../../common/errors.ts";
import { NONE } from "../../common/options.ts";
import type { Range } from "../../protocol/ranges.ts";
import { parseTime } from "../../protocol/time.ts";
import { SIMULATOR_OPTIONS } from "../options/options.ts";
import type { DepartureRecord } from "./departures.ts";
import { TRUTH_VERSION, type TruthHeader, type TruthRecord } from "./truth.ts";

/** Reading of single lines of a truth file. It may have been edited or cut: every field is checked before it is believed. */

const refuse = (where: string, what: string): never => {
  throw new LacunaError("ERR_TRUTH_FORMAT", `${where}: ${what}`);
};

const parseObject = (line: string, where: string): Record<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // said below: the line is no JSON object
  }
  return refuse(where, "not a JSON object");
};

const isTime = (value: unknown): value is string =>
  typeof value === "string" && !Number.isNaN(parseTime(value));
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What the values and their times are computed from, and what the ledger must know. */
const DECISIVE = [
  "seed",
  "devices",
  "idPrefix",
  "rateHz",
  "totalRateHz",
  "format",
  "jsonTime",
  "channels",
  "signals",
  "endHeartbeats",
  "impairControl",
] as const;

/** @throws LacunaError `ERR_TRUTH_FORMAT` */
export const parseTruthHeader = (line: string, where: string): TruthHeader => {
  // a fleet that knew of one target only
  const header = { targetB: null, ...parseObject(line, where) } as Record<string, unknown>;
  const { version, startedAt, epoch, baseTimeUs } = header;
  if (version !== TRUTH_VERSION)
    refuse(
      where,
      `no first line of a truth file: its version is ${JSON.stringify(version) ?? "missing"}, not ${TRUTH_VERSION}`,
    );
  if (!isTime(startedAt)) refuse(where, "startedAt is no time");
  if (!isNumber(epoch) || !isNumber(baseTimeUs)) refuse(where, "epoch or baseTimeUs is missing");
  for (const property of Object.keys(SIMULATOR_OPTIONS)) {
    if (!(property in header)) refuse(where, `${property} is missing`);
  }
  for (const property of DECISIVE) {
    const isUnset = property === "totalRateHz" && header[property] === null;
    const parsed = SIMULATOR_OPTIONS[property].parse(isUnset ? NONE : header[property]);
    if ("mistake" in parsed) refuse(where, `${property}: ${parsed.mistake}`);
  }
  if (!isNumber(header.skewMs)) refuse(where, "skewMs is no number");
  return header as unknown as TruthHeader;
};

/** @throws LacunaError `ERR_TRUTH_FORMAT` */
export const parseTruthRecord = (line: string, where: string): TruthRecord => {
  const record = parseObject(line, where);
  const { device, epoch, startedAt, next } = record;
  if (typeof device !== "string") return refuse(where, "device is no text");
  if (epoch !== null && !isNumber(epoch)) return refuse(where, "epoch is no number");
  if (!isTime(startedAt)) return refuse(where, "startedAt is no time");
  if (!isNumber(next)) return refuse(where, "next is no number");
  return {
    device,
    epoch,
    startedAt,
    next,
    ...parseDepartures(record, next, where),
    ...parsePaths(record, next, where),
  };
};

const parseDepartures = (record: Record<string, unknown>, next: number, where: string): DepartureRecord => ({
  dropped: parseRanges(record, "dropped", 2, next, where) as unknown as Range[],
  corrupted: parseRanges(record, "corrupted", 2, next, where) as unknown as Range[],
  copies: parseRanges(record, "copies", 3, next, where) as unknown as DepartureRecord["copies"],
});

const parsePaths = (
  { paths }: Record<string, unknown>,
  next: number,
  where: string,
): Pick<TruthRecord, "paths"> => {
  if (paths === undefined) return {};
  if (!Array.isArray(paths)) return refuse(where, "paths is no list");
  return {
    paths: paths.map((path: unknown) =>
      typeof path === "object" && path !== null
        ? parseDepartures(path as Record<string, unknown>, next, where)
        : refuse(where, "paths has what is no object"),
    ),
  };
};

/** A list of [first, last] or [first, last, k], ascending and apart, of numbers that were used. */
const parseRanges = (
  record: Record<string, unknown>,
  field: string,
  width: number,
  next: number,
  where: string,
): number[][] => {
  const ranges = record[field];
  if (!Array.isArray(ranges)) return refuse(where, `${field} is no list`);
  let after = -1;
  return ranges.map((range: unknown) => {
    const isList = Array.isArray(range) && range.length === width && range.every(isNumber);
    const [first, last] = isList ? (range as [number, number]) : [-1, -1];
    if (first <= after || first > last || last >= next)
      refuse(where, `${field} has ${JSON.stringify(range)}`);
    after = last;
    return range as number[];
  });
};
