import {
  CRC_BYTES,
  FLAG,
  FLAGS_REFUSED,
  HEADER_BYTES,
  KIND,
  MAGIC_0,
  MAGIC_1,
  MAX_DATAGRAM_BYTES,
  MAX_ENTRIES,
  MAX_EPOCH,
  MAX_ID_BYTES,
  MAX_SEQUENCE,
  VERSION,
} from "./constants.ts";
import { crc32 } from "./crc32.ts";
import type { Datagram } from "./datagram.ts";
import { bodyBytes, entryCount, refuseUnless, write64, writeBody } from "./encode-body.ts";

/**
 * Writes a datagram in the binary format, the inverse of `decodeBinary`; NACK too (sequence and ranges as GONE has them).
 * Allocates nothing except for names.
 * @param from - `named` and `timesAreAbsolute` must be false; offsets in `times` are whole microseconds, or with OFFSETS_MS whole
 *   milliseconds given in microseconds; a DATA needs a sequence and an epoch
 * @param flags - FLAG.CRC and FLAG.OFFSETS_MS; RELATIVE_TIME follows from `from.sendTimeIsRelative`
 * @param out - the datagram is written at `at`; nothing beyond it is touched
 * @param view - over the same memory as `out`
 * @returns its length in bytes
 * @throws MisuseError (`ERR_ENCODE`) when the datagram cannot be said in this format or does not fit
 */
export const encodeBinary = (
  from: Datagram,
  flags: number,
  out: Uint8Array,
  view: DataView,
  at = 0,
): number => {
  const allFlags = flags | (from.sendTimeIsRelative ? FLAG.RELATIVE_TIME : 0);
  const checksumBytes = (allFlags & FLAG.CRC) !== 0 ? CRC_BYTES : 0;
  const room = Math.min(MAX_DATAGRAM_BYTES, out.length - at);
  const bodyOffset = at + HEADER_BYTES + from.idLength;
  const end = bodyOffset + bodyBytes(from);
  const length = end + checksumBytes - at;
  refuseUnless(length <= room, "the datagram does not fit");

  writeHeader(from, allFlags, view, at);
  for (let byte = 0; byte < from.idLength; byte++)
    out[at + HEADER_BYTES + byte] = from.idBytes[from.idOffset + byte]!;
  writeBody(from, (flags & FLAG.OFFSETS_MS) !== 0 ? 1000 : 1, out, view, bodyOffset);
  if (checksumBytes > 0) view.setInt32(end, crc32(view, at, end));
  return length;
};

const writeHeader = (from: Datagram, flags: number, view: DataView, at: number): void => {
  const sequence = from.kind === KIND.GONE && from.sequence < 0 ? 0 : from.sequence;
  const greatest = from.kind === KIND.DATA ? MAX_SEQUENCE : MAX_SEQUENCE + 1;
  refuseUnless(from.kind >= KIND.DATA && from.kind <= KIND.GONE, "unknown kind");
  refuseUnless((flags & FLAGS_REFUSED) === 0, "reserved flag");
  refuseUnless(from.idLength >= 1 && from.idLength <= MAX_ID_BYTES, "device id must have 1 to 64 bytes");
  refuseUnless(from.epoch >= 0 && from.epoch <= MAX_EPOCH, "the binary format needs an epoch");
  refuseUnless(
    Number.isInteger(sequence) && sequence >= 0 && sequence <= greatest,
    "the binary format needs a sequence number",
  );
  refuseUnless(Number.isSafeInteger(from.sendTimeUs), "send time is no safe integer");
  refuseUnless(entryCount(from) <= MAX_ENTRIES, "too many entries");

  view.setUint8(at, MAGIC_0);
  view.setUint8(at + 1, MAGIC_1);
  view.setUint8(at + 2, VERSION);
  view.setUint8(at + 3, from.kind);
  view.setUint8(at + 4, flags);
  view.setUint8(at + 5, from.idLength);
  view.setUint16(at + 6, entryCount(from));
  view.setUint32(at + 8, from.epoch);
  write64(view, at + 12, sequence);
  write64(view, at + 20, from.sendTimeUs);
};
