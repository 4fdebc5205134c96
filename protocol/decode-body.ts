import * as constants from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import * as reasons from "./reasons.ts";
import { isCleanUtf8 } from "./text.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { END_OF_EPOCH, MAX_SEQUENCE, VALUE_BYTES, VALUE_TYPE } = constants;
const {
  DATA: DATA_ENTRY_BYTES,
  DESCRIBE: DESCRIBE_ENTRY_BYTES,
  RANGE: RANGE_BYTES,
  SLEEP: SLEEP_BYTES,
} = constants.ENTRY_BYTES;
const { REFUSAL, REJECT } = reasons;

/**
 * The bodies of the binary format: `count` entries between `at` and `end`, which must agree exactly. Each reader returns REJECT.*:
 * `truncated` when the datagram ends inside an entry, `count-mismatch` when it ends between two, `trailing-bytes` when bytes are left.
 */
const SOUND = REJECT.sound;
const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;
const BAD_LENGTH = REFUSAL["bad-length"];

/** what `readValue` returns for a sound value */
const ACCEPTED = -1;

/** The reason for a body that cannot hold one more entry of at least `wanted` bytes. */
const shortBody = (at: number, end: number): number =>
  at === end ? REJECT["count-mismatch"] : REJECT.truncated;

const endOfBody = (at: number, end: number): number => (at === end ? SOUND : REJECT["trailing-bytes"]);

/**
 * DATA entries, one reading each. A reading that cannot be used is refused and counted, the others stay.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+---------------+---------------+
 *     |            channel            |     type      |    length     |
 *     +-------------------------------+---------------+---------------+
 *     |             offset  (i32, reading time - send time)           |
 *     +---------------------------------------------------------------+
 *     |  value  ...                                                   |
 *     +---------------------------------------------------------------+
 */
export const readData = (
  view: DataView,
  start: number,
  end: number,
  count: number,
  offsetUnitUs: number,
  into: Datagram,
): number => {
  let at = start;
  let readings = 0;
  for (let entry = 0; entry < count; entry++) {
    if (end - at < DATA_ENTRY_BYTES) return shortBody(at, end);
    const type = view.getUint8(at + 2);
    const length = view.getUint8(at + 3);
    const valueAt = at + DATA_ENTRY_BYTES;
    const next = valueAt + (isFixedSize(type) ? VALUE_BYTES[type]! : length);
    if (next > end) return REJECT.truncated;
    const refusal = readValue(view, valueAt, type, length, readings, into);
    if (refusal === ACCEPTED) {
      into.channels[readings] = view.getUint16(at);
      into.types[readings] = type;
      into.times[readings] = view.getInt32(at + 4) * offsetUnitUs;
      readings++;
    } else {
      into.refuse(refusal);
    }
    at = next;
  }
  into.readingCount = readings;
  return endOfBody(at, end);
};

/** The type alone decides how long the value is; its length byte is 0. */
const isFixedSize = (type: number): boolean => type >= VALUE_TYPE.FLOAT32 && type <= VALUE_TYPE.INT64;

/** Writes the value to `into.values[index]`; ACCEPTED or REFUSAL.*. */
const readValue = (
  view: DataView,
  at: number,
  type: number,
  length: number,
  index: number,
  into: Datagram,
): number => {
  switch (type) {
    case VALUE_TYPE.FLOAT32:
      into.values[index] = view.getFloat32(at);
      return length === 0 ? ACCEPTED : BAD_LENGTH;
    case VALUE_TYPE.FLOAT64:
      into.values[index] = view.getFloat64(at);
      return length === 0 ? ACCEPTED : BAD_LENGTH;
    case VALUE_TYPE.INT32:
      into.values[index] = view.getInt32(at);
      return length === 0 ? ACCEPTED : BAD_LENGTH;
    case VALUE_TYPE.INT64:
      return length === 0 ? readInteger(view.getInt32(at), view.getUint32(at + 4), index, into) : BAD_LENGTH;
    case VALUE_TYPE.BOOL:
      if (length !== 1) return BAD_LENGTH;
      into.values[index] = view.getUint8(at);
      return view.getUint8(at) <= 1 ? ACCEPTED : REFUSAL["bad-value"];
    case VALUE_TYPE.UINT64:
      return length === 8 ? readInteger(view.getUint32(at), view.getUint32(at + 4), index, into) : BAD_LENGTH;
    default:
      return REFUSAL["unknown-type"];
  }
};

const readInteger = (high: number, low: number, index: number, into: Datagram): number => {
  const value = high * TWO_32 + low;
  into.values[index] = value;
  const magnitude = Math.abs(value);
  // ±(2^53 + 1) rounds to ±2^53, which only its low half tells from the bound itself
  const isExact = magnitude < TWO_53 || (magnitude === TWO_53 && low === 0);
  return isExact ? ACCEPTED : REFUSAL["out-of-range"];
};

/** HEARTBEAT: nothing, or one u32, the seconds until the device speaks again (`0xFFFFFFFF`: never in this epoch). */
export const readHeartbeat = (
  view: DataView,
  start: number,
  end: number,
  count: number,
  into: Datagram,
): number => {
  if (count > 1) return REJECT["count-mismatch"];
  if (count === 0) return endOfBody(start, end);
  if (end - start < SLEEP_BYTES) return shortBody(start, end);
  const seconds = view.getUint32(start);
  if (seconds === END_OF_EPOCH) into.isEnd = true;
  else into.sleepSeconds = seconds;
  return endOfBody(start + SLEEP_BYTES, end);
};

/**
 * DESCRIBE entries: channel u16, name length u8, unit length u8, name, unit. One whose name is empty or not clean UTF-8 is refused as
 * `bad-channel`, one whose unit is not as `bad-value`; the others stay.
 */
export const readDescribe = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  count: number,
  into: Datagram,
): number => {
  let at = start;
  for (let entry = 0; entry < count; entry++) {
    if (end - at < DESCRIBE_ENTRY_BYTES) return shortBody(at, end);
    const nameAt = at + DESCRIBE_ENTRY_BYTES;
    const unitAt = nameAt + view.getUint8(at + 2);
    const next = unitAt + view.getUint8(at + 3);
    if (next > end) return REJECT.truncated;
    if (nameAt === unitAt || !isCleanUtf8(bytes, nameAt, unitAt)) into.refuse(REFUSAL["bad-channel"]);
    else if (!isCleanUtf8(bytes, unitAt, next)) into.refuse(REFUSAL["bad-value"]);
    else
      into.descriptions.push({
        channel: view.getUint16(at),
        name: readText(bytes, nameAt, unitAt),
        unit: readText(bytes, unitAt, next),
      });
    at = next;
  }
  return endOfBody(at, end);
};

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const readText = (bytes: Uint8Array, start: number, end: number): string =>
  utf8.decode(bytes.subarray(start, end));

/** Entries of GONE and NACK: first u64, last u64, inclusive ranges of numbers. */
export const readRanges = (
  view: DataView,
  start: number,
  end: number,
  count: number,
  into: Datagram,
): number => {
  const whole = Math.min(count, Math.floor((end - start) / RANGE_BYTES));
  for (let entry = 0; entry < whole; entry++) {
    const at = start + entry * RANGE_BYTES;
    const first = view.getUint32(at) * TWO_32 + view.getUint32(at + 4);
    const last = view.getUint32(at + 8) * TWO_32 + view.getUint32(at + 12);
    if (first > last || last > MAX_SEQUENCE) return REJECT["bad-sequence"];
    into.rangeFirst[entry] = first;
    into.rangeLast[entry] = last;
  }
  into.rangeCount = whole;
  const at = start + whole * RANGE_BYTES;
  return whole < count ? shortBody(at, end) : endOfBody(at, end);
};
