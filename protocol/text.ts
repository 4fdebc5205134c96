import { Buffer } from "node:buffer";

/** Device ids, channel names and units: UTF-8 without control characters (C0, DEL and C1, Unicode's category Cc). */

/** names and units have a length byte in the binary format; JSON obeys the same bound */
export const MAX_TEXT_BYTES = 255;

/**
 * True when the bytes [start, end) are well-formed UTF-8 (Unicode table 3-7: no overlong form, no surrogate, nothing above U+10FFFF)
 * without control characters. Allocates nothing.
 */
export const isCleanUtf8 = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start;
  while (at < end) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      if (lead < 0x20 || lead === 0x7f) return false;
      at++;
      continue;
    }
    const next = at + sequenceLength(lead);
    if (next === at || next > end || !isSecondByte(lead, bytes[at + 1]!)) return false;
    for (at += 2; at < next; at++) if ((bytes[at]! & 0xc0) !== 0x80) return false;
  }
  return true;
};

const HIGH_BITS = 0x8080_8080 | 0;

/**
 * True when the bytes [start, end) are ASCII without control characters, four at a time; false says nothing but that `isCleanUtf8` must
 * be asked. Ids are looked at with every datagram, and nearly all of them are ASCII.
 */
export const isPlainAscii = (view: DataView, start: number, end: number): boolean => {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at);
    // no byte of 0x80 or more; then a byte below 0x20 borrows into its high bit, and DEL carries into it
    if (((word | (word - 0x2020_2020) | (word + 0x0101_0101)) & HIGH_BITS) !== 0) return false;
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte < 0x20 || byte >= 0x7f) return false;
  }
  return true;
};

/** Bytes a lead byte above 0x7F announces, 0 when it can begin nothing. */
const sequenceLength = (lead: number): number => {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
};

/** The second byte decides what is overlong (E0, F0), a surrogate (ED), too great (F4) or a C1 control (C2). */
const isSecondByte = (lead: number, second: number): boolean => {
  const lowest = lead === 0xe0 || lead === 0xc2 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
};

/** The same rule for a string: no lone surrogate, no control character. */
export const isCleanText = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** True when a string can be a unit: clean, at most 255 bytes of UTF-8. */
export const isUnit = (text: string): boolean =>
  text.length <= MAX_TEXT_BYTES && isCleanText(text) && Buffer.byteLength(text) <= MAX_TEXT_BYTES;

/** What a channel goes by until its sender names it. */
export const undescribedName = (channel: number): string => `ch${channel}`;

/** True when a string can be a channel's name: a unit that is not empty. */
export const isChannelName = (text: string): boolean => text.length > 0 && isUnit(text);
