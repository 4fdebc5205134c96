import { Buffer } from "node:buffer";
import { MisuseError } from "../common/errors.ts";
import { END_OF_EPOCH, ENTRY_BYTES, KIND, MAX_SEQUENCE, VALUE_BYTES, VALUE_TYPE } from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import { MAX_TEXT_BYTES } from "./text.ts";

/** The bodies of the binary format (drawn in decode-body.ts), written. */

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;
/** what a value's length byte says, by VALUE_TYPE */
const LENGTH_BYTE = Uint8Array.of(0, 0, 0, 0, 0, 1, 8);

/** @throws MisuseError (`ERR_ENCODE`) unless `isSound` */
export const refuseUnless = (isSound: boolean, what: string): void => {
  if (!isSound) throw new MisuseError(`cannot encode: ${what}`, "ERR_ENCODE");
};

/** An exact integer as 64 bits, two's complement; DataView takes the low half modulo 2^32 by itself. */
export const write64 = (view: DataView, at: number, value: number): void => {
  view.setInt32(at, Math.floor(value / TWO_32));
  view.setUint32(at + 4, value);
};

/** What the header's count says. */
export const entryCount = (from: Datagram): number => {
  switch (from.kind) {
    case KIND.DATA:
      return from.readingCount;
    case KIND.HEARTBEAT:
      return from.isEnd || from.sleepSeconds >= 0 ? 1 : 0;
    case KIND.DESCRIBE:
      return from.descriptions.length;
    default:
      return from.rangeCount;
  }
};

/** Size of the body in bytes. */
export const bodyBytes = (from: Datagram): number => {
  switch (from.kind) {
    case KIND.DATA: {
      let bytes = 0;
      for (let index = 0; index < from.readingCount; index++) {
        const valueBytes = VALUE_BYTES[from.types[index]!] ?? 0;
        refuseUnless(valueBytes > 0, "unknown value type");
        bytes += ENTRY_BYTES.DATA + valueBytes;
      }
      return bytes;
    }
    case KIND.HEARTBEAT:
      return entryCount(from) * ENTRY_BYTES.SLEEP;
    case KIND.DESCRIBE: {
      let bytes = 0;
      for (const { name, unit } of from.descriptions)
        bytes += ENTRY_BYTES.DESCRIBE + Buffer.byteLength(name) + Buffer.byteLength(unit);
      return bytes;
    }
    default:
      return from.rangeCount * ENTRY_BYTES.RANGE;
  }
};

/** Writes the entries of `from` at `at`, where `bodyBytes(from)` bytes are free. */
export const writeBody = (
  from: Datagram,
  offsetUnitUs: number,
  out: Uint8Array,
  view: DataView,
  at: number,
): void => {
  if (from.kind === KIND.DATA) writeReadings(from, offsetUnitUs, view, at);
  else if (from.kind === KIND.DESCRIBE) writeDescriptions(from, out, at);
  else if (from.kind !== KIND.HEARTBEAT) writeRanges(from, view, at);
  else if (entryCount(from) === 1) view.setUint32(at, from.isEnd ? END_OF_EPOCH : from.sleepSeconds);
};

const writeReadings = (from: Datagram, offsetUnitUs: number, view: DataView, start: number): void => {
  refuseUnless(!from.named && !from.timesAreAbsolute, "names and absolute times belong to JSON");
  let at = start;
  for (let index = 0; index < from.readingCount; index++) {
    const type = from.types[index]!;
    const offset = from.times[index]! / offsetUnitUs;
    refuseUnless(offset === (offset | 0), "a reading's offset is no int32 of its unit");
    view.setUint16(at, from.channels[index]!);
    view.setUint8(at + 2, type);
    view.setUint8(at + 3, LENGTH_BYTE[type]!);
    view.setInt32(at + 4, offset);
    writeValue(from.values[index]!, type, view, at + ENTRY_BYTES.DATA);
    at += ENTRY_BYTES.DATA + VALUE_BYTES[type]!;
  }
};

const writeValue = (value: number, type: number, view: DataView, at: number): void => {
  switch (type) {
    case VALUE_TYPE.FLOAT32:
      view.setFloat32(at, value);
      break;
    case VALUE_TYPE.FLOAT64:
      view.setFloat64(at, value);
      break;
    case VALUE_TYPE.INT32:
      refuseUnless(value === (value | 0), "value is no int32");
      view.setInt32(at, value);
      break;
    case VALUE_TYPE.BOOL:
      refuseUnless(value === 0 || value === 1, "value is no bool");
      view.setUint8(at, value);
      break;
    default:
      refuseUnless(Number.isInteger(value) && Math.abs(value) <= TWO_53, "value is no integer within 2^53");
      refuseUnless(type === VALUE_TYPE.INT64 || value >= 0, "value is negative");
      write64(view, at, value);
  }
};

const writeDescriptions = (from: Datagram, out: Uint8Array, start: number): void => {
  const text = Buffer.from(out.buffer, out.byteOffset, out.byteLength);
  let at = start;
  for (const { channel, name, unit } of from.descriptions) {
    refuseUnless(channel >= 0 && channel <= 0xffff, "the binary format needs channel numbers");
    const nameAt = text.writeUInt16BE(channel, at) + 2;
    const nameBytes = text.write(name, nameAt);
    const unitBytes = text.write(unit, nameAt + nameBytes);
    refuseUnless(nameBytes > 0 && nameBytes <= MAX_TEXT_BYTES, "a name must have 1 to 255 bytes");
    refuseUnless(unitBytes <= MAX_TEXT_BYTES, "a unit has more than 255 bytes");
    out[at + 2] = nameBytes;
    out[at + 3] = unitBytes;
    at = nameAt + nameBytes + unitBytes;
  }
};

const writeRanges = (from: Datagram, view: DataView, start: number): void => {
  for (let range = 0; range < from.rangeCount; range++) {
    const at = start + range * ENTRY_BYTES.RANGE;
    const first = from.rangeFirst[range]!;
    const last = from.rangeLast[range]!;
    refuseUnless(first >= 0 && first <= last && last <= MAX_SEQUENCE, "range is inverted or out of bounds");
    write64(view, at, first);
    write64(view, at + 8, last);
  }
};
