import { Buffer } from "node:buffer";
import { FLAG } from "../../../protocol/constants.ts";
import type { PlainDatagram } from "../plain-datagram.ts";
import { type Expectation, encode, HEADER, type Vector } from "./vector.ts";

type Result = Omit<Expectation, "about">;

/** Sound: the bytes are encoded from what they must decode to. */
const sound = (name: string, about: string, datagram: PlainDatagram, flags = 0): Vector => ({
  name,
  about,
  bytes: encode(datagram, flags),
  datagram,
});

/** Sound bytes, then damaged by `damage`. */
const damaged = (
  name: string,
  about: string,
  result: Result,
  damage: (bytes: Buffer) => Buffer | undefined,
  from: PlainDatagram = ONE_READING,
  flags = 0,
): Vector => {
  const bytes = Buffer.from(encode(from, flags));
  return { name, about, bytes: damage(bytes) ?? bytes, ...result };
};

const ONE_READING: PlainDatagram = {
  ...HEADER,
  readings: [{ channel: 1, type: "float32", offsetUs: 0, value: 21.5 }],
};
const BODY = 28 + "pump-7".length;

const GOOD: Vector[] = [
  sound("data", "DATA with one reading", ONE_READING),
  sound("data-empty", "DATA without entries: received, stores nothing", HEADER),
  sound("data-types", "one reading of each type", {
    ...HEADER,
    readings: [
      { channel: 1, type: "float32", offsetUs: -3, value: -1.5 },
      { channel: 2, type: "float64", offsetUs: -2, value: 0.1 },
      { channel: 3, type: "int32", offsetUs: -1, value: -2147483648 },
      { channel: 4, type: "int64", offsetUs: 0, value: -9007199254740991 },
      { channel: 5, type: "bool", offsetUs: 1, value: 1 },
      { channel: 65535, type: "uint64", offsetUs: 2147483647, value: 9007199254740992 },
    ],
  }),
  sound("data-not-finite", "NaN, infinities and negative zero", {
    ...HEADER,
    readings: [
      { channel: 1, type: "float64", offsetUs: 0, value: "NaN" },
      { channel: 1, type: "float64", offsetUs: 0, value: "Infinity" },
      { channel: 1, type: "float32", offsetUs: 0, value: "-Infinity" },
      { channel: 1, type: "float64", offsetUs: 0, value: -0 },
    ],
  }),
  sound("data-checksum", "flag bit 0: CRC-32 at the end", ONE_READING, FLAG.CRC),
  sound(
    "data-milliseconds",
    "flag bit 1: offsets are milliseconds",
    { ...HEADER, readings: [{ channel: 1, type: "int32", offsetUs: -86_400_000_000, value: 7 }] },
    FLAG.OFFSETS_MS,
  ),
  sound("data-relative-time", "flag bit 2: send time counts from the start of the epoch", {
    ...ONE_READING,
    sendTimeUs: 61_000_000,
    sendTimeIsRelative: true,
  }),
  damaged(
    "data-ignored-flags",
    "flag bits 3 and 4 are ignored",
    { datagram: ONE_READING },
    (bytes) => void bytes.writeUInt8(0b0001_1000, 4),
  ),
  sound("data-limits", "greatest epoch and sequence, no send time, the longest id, not ASCII", {
    kind: "DATA",
    device: `${"ü".repeat(30)}\u{1F680}`,
    epoch: 4294967295,
    sequence: 9007199254740990,
    sendTimeUs: 0,
  }),
  sound("heartbeat", "HEARTBEAT: the next DATA will carry 43", {
    ...HEADER,
    kind: "HEARTBEAT",
    sequence: 43,
  }),
  sound("heartbeat-sleep", "HEARTBEAT that announces an hour of silence", {
    ...HEADER,
    kind: "HEARTBEAT",
    sequence: 43,
    sleepSeconds: 3600,
  }),
  sound("heartbeat-end", "HEARTBEAT that ends its epoch: 43 is final", {
    ...HEADER,
    kind: "HEARTBEAT",
    sequence: 43,
    end: true,
  }),
  sound("describe", "DESCRIBE of two channels", {
    ...HEADER,
    kind: "DESCRIBE",
    sequence: 0,
    descriptions: [
      { channel: 1, name: "temperature", unit: "Cel" },
      { channel: 2, name: "Öldruck", unit: "" },
    ],
  }),
  sound("gone", "GONE: 5 to 7 and 9 are no longer held", {
    ...HEADER,
    kind: "GONE",
    sequence: 43,
    gone: [
      [5, 7],
      [9, 9],
    ],
  }),
  sound("gone-other-epoch", "GONE for a former epoch: sequence 0 asserts nothing", {
    ...HEADER,
    kind: "GONE",
    epoch: 2,
    sequence: null,
    gone: [[0, 9007199254740990]],
  }),
];

/** Entries of DATA that are skipped and refused between two that are not. */
const refusedEntry = (name: string, about: string, reason: string, entry: string): Vector => {
  const kept = Buffer.from("000105010000000001", "hex"); // channel 1, bool of 1
  const body = Buffer.concat([kept, Buffer.from(entry, "hex"), kept]);
  const reading = { channel: 1, type: "bool", offsetUs: 0, value: 1 };
  return damaged(
    `refused-${name}`,
    about,
    { datagram: { ...HEADER, readings: [reading, reading], refused: { [reason]: 1 } } },
    (bytes) => {
      bytes.writeUInt16BE(3, 6);
      return Buffer.concat([bytes, body]);
    },
    HEADER,
  );
};

const REFUSED: Vector[] = [
  refusedEntry("unknown-type", "type 9 with 3 bytes", "unknown-type", "0002090300000000aabbcc"),
  refusedEntry("text-type", "type 7 is reserved for text", "unknown-type", "00020702000000006869"),
  refusedEntry("bad-length", "float32 with a length byte", "bad-length", "000201040000000041ac0000"),
  refusedEntry("bad-length-bool", "bool of 2 bytes", "bad-length", "00020502000000000001"),
  refusedEntry("out-of-range", "int64 of 2^53 + 1", "out-of-range", "00020400000000000020000000000001"),
  refusedEntry(
    "out-of-range-unsigned",
    "uint64 of 2^64 - 1",
    "out-of-range",
    "0002060800000000ffffffffffffffff",
  ),
  refusedEntry("bad-value", "bool of 2", "bad-value", "000205010000000002"),
  damaged(
    "refused-bad-channel",
    "DESCRIBE with an empty name, refused beside one that is kept",
    {
      datagram: {
        ...HEADER,
        kind: "DESCRIBE",
        descriptions: [{ channel: 2, name: "p", unit: "bar" }],
        refused: { "bad-channel": 1 },
      },
    },
    (bytes) => {
      bytes.writeUInt8(3, 3);
      bytes.writeUInt16BE(2, 6);
      return Buffer.concat([bytes, Buffer.from("00010001430002010370626172", "hex")]);
    },
    HEADER,
  ),
];

const REJECTED: Vector[] = [
  { name: "reject-empty", about: "no byte at all", bytes: new Uint8Array(0), reject: "empty" },
  {
    name: "reject-oversize",
    about: "65,508 bytes",
    bytes: new Uint8Array(65_508).fill(0x20),
    reject: "oversize",
  },
  damaged(
    "reject-bad-magic",
    "second byte is not C",
    { reject: "bad-magic" },
    (b) => void b.writeUInt8(0, 1),
  ),
  {
    name: "reject-bad-magic-text",
    about: "neither format",
    bytes: Buffer.from("hello"),
    reject: "bad-magic",
  },
  damaged("reject-truncated-header", "27 bytes", { reject: "truncated" }, (b) => b.subarray(0, 27)),
  damaged("reject-truncated-id", "cut in the id", { reject: "truncated" }, (b) => b.subarray(0, BODY - 1)),
  damaged("reject-truncated-entry", "cut in the value", { reject: "truncated" }, (b) => b.subarray(0, -1)),
  damaged("reject-bad-version", "version 2", { reject: "bad-version" }, (b) => void b.writeUInt8(2, 2)),
  damaged("reject-bad-kind", "kind 6", { reject: "bad-kind" }, (b) => void b.writeUInt8(6, 3)),
  damaged("reject-bad-flags", "flag bit 7", { reject: "bad-flags" }, (b) => void b.writeUInt8(0x80, 4)),
  damaged(
    "reject-bad-checksum",
    "one bit of the value flipped under a checksum",
    { reject: "bad-checksum" },
    (bytes) => void bytes.writeUInt8(bytes[BODY + 8]! ^ 1, BODY + 8),
    ONE_READING,
    FLAG.CRC,
  ),
  damaged(
    "reject-bad-device-id-length",
    "a device id of no bytes",
    { reject: "bad-device-id" },
    (bytes) => {
      bytes.writeUInt8(0, 5);
      return bytes.subarray(0, 28);
    },
    HEADER,
  ),
  damaged(
    "reject-bad-device-id-utf8",
    "an overlong form in the device id",
    { reject: "bad-device-id" },
    (bytes) => void bytes.set([0xc0, 0xaf], 28),
  ),
  damaged(
    "reject-bad-device-id-control",
    "a line feed in the device id",
    { reject: "bad-device-id" },
    (bytes) => void bytes.writeUInt8(0x0a, 30),
  ),
  damaged(
    "reject-bad-sequence",
    "DATA with the number 2^53 - 1",
    { reject: "bad-sequence" },
    (bytes) => void bytes.writeBigUInt64BE(2n ** 53n - 1n, 12),
  ),
  damaged(
    "reject-bad-sequence-range",
    "GONE from 7 to 5",
    { reject: "bad-sequence" },
    (bytes) => void bytes.writeBigUInt64BE(5n, BODY + 8),
    { ...HEADER, kind: "GONE", gone: [[7, 7]] },
  ),
  damaged(
    "reject-count-mismatch",
    "two entries announced, one there",
    { reject: "count-mismatch" },
    (bytes) => void bytes.writeUInt16BE(2, 6),
  ),
  damaged("reject-trailing-bytes", "one byte too many", { reject: "trailing-bytes" }, (bytes) =>
    Buffer.concat([bytes, Buffer.alloc(1)]),
  ),
  damaged(
    "reject-not-for-us",
    "a NACK, which only collectors send",
    { reject: "not-for-us" },
    () => undefined,
    { ...HEADER, kind: "NACK", gone: [[5, 7]] },
  ),
];

export const BINARY_VECTORS: Vector[] = [...GOOD, ...REFUSED, ...REJECTED];
