import * as constants from "./constants.ts";
import { crc32 } from "./crc32.ts";
import type { Datagram } from "./datagram.ts";
import { readData, readDescribe, readHeartbeat, readRanges } from "./decode-body.ts";
import * as reasons from "./reasons.ts";
import { isCleanUtf8, isPlainAscii } from "./text.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const {
  CRC_BYTES,
  FLAG,
  FLAGS_REFUSED,
  HEADER_BYTES,
  KIND,
  MAGIC_0,
  MAGIC_1,
  MAX_ID_BYTES,
  MAX_SEQUENCE,
  VERSION,
} = constants;
const { REJECT } = reasons;

const SOUND = REJECT.sound;
const TWO_32 = 2 ** 32;

/**
 * Decodes one datagram of the binary format, version 1. Network byte order, no padding:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *   0 |   'L'  0x4C   |   'C'  0x43   |  version = 1  |     kind      |
 *     +---------------+---------------+---------------+---------------+
 *   4 |0 0 0 - - R M C|  id length n  |        count of entries       |
 *     +---------------+---------------+---------------+---------------+
 *   8 |                         epoch  (u32)                          |
 *     +---------------------------------------------------------------+
 *  12 |                        sequence  (u64)                        |
 *     |                                                               |
 *     +---------------------------------------------------------------+
 *  20 |            send time  (i64, microseconds, 0 = unknown)        |
 *     |                                                               |
 *     +---------------------------------------------------------------+
 *  28 |  device id, n bytes of UTF-8  ...                             |
 *     +---------------------------------------------------------------+
 *     |  body: `count` entries of the kind  ...                       |
 *     +---------------------------------------------------------------+
 *     |  CRC-32 of all bytes before it, only with flag C              |
 *     +---------------------------------------------------------------+
 *
 *     flags: C checksum (bit 0), M offsets are milliseconds (bit 1), R send time is relative (bit 2), - ignored
 *
 * Checks run in this order and the first that fails names the reason: magic, size of the header, version, kind, flags, room for id and
 * checksum, checksum, device id, sequence, addressee, body. Allocates nothing for DATA, HEARTBEAT and GONE.
 *
 * @param bytes - memory that holds the datagram; `into.idBytes` keeps a reference to it
 * @param view - over the same memory, so that `offset` means the same in both
 * @param length - size of the datagram in bytes, at most 65,507
 * @returns REJECT.*, 0 = sound and `into` is filled
 * @see docs/protocol.md
 */
export const decodeBinary = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  into: Datagram,
): number => {
  into.reset();
  const reject = checkShape(view, offset, length);
  if (reject !== SOUND) return reject;

  into.kind = view.getUint8(offset + 3);
  into.isNative = true;
  const flags = view.getUint8(offset + 4);
  const idLength = view.getUint8(offset + 5);
  const count = view.getUint16(offset + 6);
  const sequenceHigh = view.getUint32(offset + 12);
  into.epoch = view.getUint32(offset + 8);
  into.sequence = sequenceHigh * TWO_32 + view.getUint32(offset + 16);
  // inexact beyond ±2^53, which is far outside the usable times
  into.sendTimeUs = view.getInt32(offset + 20) * TWO_32 + view.getUint32(offset + 24);
  into.sendTimeIsRelative = (flags & FLAG.RELATIVE_TIME) !== 0;

  const idOffset = offset + HEADER_BYTES;
  const bodyOffset = idOffset + idLength;
  if (idLength === 0 || idLength > MAX_ID_BYTES) return REJECT["bad-device-id"];
  if (!isPlainAscii(view, idOffset, bodyOffset) && !isCleanUtf8(bytes, idOffset, bodyOffset))
    return REJECT["bad-device-id"];
  into.pointId(bytes, idOffset, idLength, view);

  // DATA carries a number, every other kind the next one, which may be one greater; sums above 2^53 round but stay above
  const greatest = into.kind === KIND.DATA ? MAX_SEQUENCE : MAX_SEQUENCE + 1;
  if (into.sequence > greatest) return REJECT["bad-sequence"];

  const end = offset + length - checksumBytes(flags);
  switch (into.kind) {
    case KIND.DATA:
      return readData(view, bodyOffset, end, count, (flags & FLAG.OFFSETS_MS) !== 0 ? 1000 : 1, into);
    case KIND.HEARTBEAT:
      return readHeartbeat(view, bodyOffset, end, count, into);
    case KIND.DESCRIBE:
      return readDescribe(bytes, view, bodyOffset, end, count, into);
    case KIND.GONE:
      // `next` of 0 asserts nothing: it is how a device speaks of an epoch that is not its current one, and none of its numbers could be gone
      // if it were
      if (into.sequence === 0) into.sequence = -1;
      return readRanges(view, bodyOffset, end, count, into);
    default:
      return REJECT["not-for-us"]; // NACK: collectors send it, devices receive it
  }
};

/**
 * Decodes a NACK, which only devices receive. Arguments and result as `decodeBinary`; every other kind is `not-for-us`.
 * `into.sequence` is the number the collector expects next, the ranges are the numbers it asks for.
 */
export const decodeNack = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  into: Datagram,
): number => {
  const reject = decodeBinary(bytes, view, offset, length, into);
  if (reject !== REJECT["not-for-us"]) return reject === SOUND ? REJECT["not-for-us"] : reject;
  const bodyOffset = into.idOffset + into.idLength;
  const end = offset + length - checksumBytes(view.getUint8(offset + 4));
  return readRanges(view, bodyOffset, end, view.getUint16(offset + 6), into);
};

const checksumBytes = (flags: number): number => ((flags & FLAG.CRC) !== 0 ? CRC_BYTES : 0);

/** Everything that must hold before a field beyond the flags can be trusted. */
const checkShape = (view: DataView, offset: number, length: number): number => {
  if (length === 0) return REJECT.empty;
  if (view.getUint8(offset) !== MAGIC_0) return REJECT["bad-magic"];
  if (length > 1 && view.getUint8(offset + 1) !== MAGIC_1) return REJECT["bad-magic"];
  if (length < HEADER_BYTES) return REJECT.truncated;
  if (view.getUint8(offset + 2) !== VERSION) return REJECT["bad-version"];
  const kind = view.getUint8(offset + 3);
  if (kind < KIND.DATA || kind > KIND.GONE) return REJECT["bad-kind"];
  const flags = view.getUint8(offset + 4);
  if ((flags & FLAGS_REFUSED) !== 0) return REJECT["bad-flags"];

  const end = offset + length - checksumBytes(flags);
  if (end < offset + HEADER_BYTES + view.getUint8(offset + 5)) return REJECT.truncated;
  if ((flags & FLAG.CRC) !== 0 && crc32(view, offset, end) !== view.getInt32(end))
    return REJECT["bad-checksum"];
  return SOUND;
};
