import { Buffer } from "node:buffer";
import { KIND, MAX_DATAGRAM_BYTES, VALUE_TYPE } from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import { deviceIdText } from "./device-id.ts";
import { refuseUnless } from "./encode-body.ts";
import { undescribedName } from "./text.ts";

/**
 * Writes a datagram in the JSON format to the beginning of `out`, the inverse of `decodeJson`.
 * @returns its length in bytes
 * @throws MisuseError (`ERR_ENCODE`) when the datagram cannot be said in this format or does not fit
 */
export const encodeJson = (from: Datagram, out: Uint8Array): number => {
  const text = jsonText(from);
  const length = Buffer.byteLength(text);
  refuseUnless(length <= Math.min(MAX_DATAGRAM_BYTES, out.length), "the datagram does not fit");
  return Buffer.from(out.buffer, out.byteOffset, out.byteLength).write(text);
};

/**
 * The datagram as one line of JSON. DATA, HEARTBEAT, and DESCRIBE (as a heartbeat with units, or as units alone when its sequence is -1).
 * Channels without names are called `ch7`. Readings whose times differ from the send time become `samples`.
 * @throws MisuseError (`ERR_ENCODE`) for NACK, GONE and relative send times, which JSON does not have
 */
export const jsonText = (from: Datagram): string => {
  refuseUnless(from.kind >= KIND.DATA && from.kind <= KIND.DESCRIBE, "JSON has no such kind");
  refuseUnless(!from.sendTimeIsRelative, "JSON has no relative send time");
  let text = `{"device":${JSON.stringify(deviceIdText(from))}`;
  if (from.epoch >= 0) text += `,"epoch":${from.epoch}`;
  if (from.sequence >= 0) text += `,"${from.kind === KIND.DATA ? "seq" : "next"}":${from.sequence}`;
  if (from.sendTimeUs !== 0) text += `,"time_us":${from.sendTimeUs}`;
  if (from.kind === KIND.DATA) text += readingsText(from);
  if (from.isEnd) text += `,"end":true`;
  else if (from.sleepSeconds >= 0) text += `,"sleep":${from.sleepSeconds}`;
  if (from.descriptions.length > 0 || from.kind === KIND.DESCRIBE) text += unitsText(from);
  return `${text}}`;
};

const unitsText = ({ descriptions }: Datagram): string => {
  const members = descriptions.map(({ name, unit }) => `${JSON.stringify(name)}:${JSON.stringify(unit)}`);
  return `,"units":{${members.join(",")}}`;
};

/**
 * `values` where one object can hold all readings, else `samples`: consecutive readings of one time, each name once.
 */
const readingsText = (from: Datagram): string => {
  const end = sampleEnd(from, 0);
  if (end === from.readingCount && isAtSendTime(from, 0)) return `,"values":${valuesText(from, 0, end)}`;
  let text = "";
  for (let start = 0; start < from.readingCount; ) {
    const end = sampleEnd(from, start);
    const time = isAtSendTime(from, start) ? "" : `"time_us":${absoluteTimeUs(from, start)},`;
    text += `${start === 0 ? "" : ","}{${time}"values":${valuesText(from, start, end)}}`;
    start = end;
  }
  return `,"samples":[${text}]`;
};

/** Index after the last reading that can share an object with reading `start`. */
const sampleEnd = (from: Datagram, start: number): number => {
  for (let index = start + 1; index < from.readingCount; index++) {
    if (from.times[index] !== from.times[start]) return index;
    for (let other = start; other < index; other++) {
      if (isSameChannel(from, other, index)) return index;
    }
  }
  return from.readingCount;
};

const isSameChannel = (from: Datagram, a: number, b: number): boolean =>
  from.named ? from.names[a] === from.names[b] : from.channels[a] === from.channels[b];

/** An absolute time of 0 means the same as an offset of 0. */
const isAtSendTime = (from: Datagram, index: number): boolean =>
  from.readingCount === 0 || from.times[index] === 0;

const absoluteTimeUs = (from: Datagram, index: number): number => {
  if (from.timesAreAbsolute) return from.times[index]!;
  refuseUnless(from.sendTimeUs !== 0, "JSON has no offsets from an unknown send time");
  return from.sendTimeUs + from.times[index]!;
};

const valuesText = (from: Datagram, start: number, end: number): string => {
  let text = "";
  for (let index = start; index < end; index++) {
    const name = from.named
      ? JSON.stringify(from.names[index])
      : `"${undescribedName(from.channels[index]!)}"`;
    text += `${index === start ? "" : ","}${name}:${valueText(from.values[index]!, from.types[index]!)}`;
  }
  return `{${text}}`;
};

const valueText = (value: number, type: number): string => {
  if (type === VALUE_TYPE.BOOL) return value === 0 ? "false" : "true";
  return jsonNumber(value);
};

/** A number as Lacuna's JSON writes it: `-0` keeps its sign, what JSON has no number for becomes `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export const jsonNumber = (value: number): string => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `"${value}"`;
};
