import { MAX_ENTRIES, VALUE_TYPE } from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import { readJsonTime } from "./json-time.ts";
import { REFUSAL } from "./reasons.ts";
import { isChannelName, isUnit } from "./text.ts";

/** What JSON.parse makes of an object. `__proto__` in the text is an own member like any other: read members by name or Object.keys only. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `null` means the same as leaving the member out. */
export const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** `units`: a bad name is refused as `bad-channel`, a bad unit as `bad-value`. */
export const readUnits = (units: JsonObject, into: Datagram): void => {
  for (const name of Object.keys(units)) {
    const unit = units[name];
    if (!isChannelName(name)) into.refuse(REFUSAL["bad-channel"]);
    else if (typeof unit !== "string" || !isUnit(unit)) into.refuse(REFUSAL["bad-value"]);
    else into.descriptions.push({ channel: -1, name, unit });
  }
};

/**
 * One reading for each member of `values`.
 * @param timeUs - goes to `into.times` as it is
 */
export const readValues = (values: JsonObject, timeUs: number, into: Datagram): void => {
  for (const name of Object.keys(values)) {
    const refusal = isChannelName(name) ? readValue(values[name], into) : REFUSAL["bad-channel"];
    if (refusal === ACCEPTED) {
      into.names[into.readingCount] = name;
      into.times[into.readingCount] = timeUs;
      into.readingCount++;
    } else {
      into.refuse(refusal);
    }
  }
};

/** `samples`: what is no sample at all is refused as one `bad-value`; a bad time refuses each of its values as `bad-time`. */
export const readSamples = (samples: unknown[], into: Datagram): void => {
  for (const sample of samples) {
    if (!isObject(sample) || !isObject(sample.values)) {
      into.refuse(REFUSAL["bad-value"]);
      continue;
    }
    const timeUs = readJsonTime(sample);
    if (Number.isNaN(timeUs)) into.refuse(REFUSAL["bad-time"], Object.keys(sample.values).length);
    else readValues(sample.values, timeUs, into);
  }
};

const ACCEPTED = -1;
/** numbers that JSON cannot write, as Lacuna's own output writes them */
const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** Writes type and value of the next reading; ACCEPTED or REFUSAL.*. */
const readValue = (value: unknown, into: Datagram): number => {
  if (into.readingCount === MAX_ENTRIES) return REFUSAL["too-many-readings"];
  const number = typeof value === "boolean" ? Number(value) : (NOT_FINITE.get(value) ?? value);
  if (typeof number !== "number") return REFUSAL["bad-value"];
  // a literal such as 1e400 is too great for a float64 and reads as infinite
  if (typeof value === "number" && !Number.isFinite(value)) return REFUSAL["out-of-range"];
  into.types[into.readingCount] = typeof value === "boolean" ? VALUE_TYPE.BOOL : VALUE_TYPE.FLOAT64;
  into.values[into.readingCount] = number;
  return ACCEPTED;
};
