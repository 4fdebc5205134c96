import * as constants from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import { decodeBinary } from "./decode-binary.ts";
import { decodeJson } from "./decode-json.ts";
import * as reasons from "./reasons.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { MAGIC_0, MAX_DATAGRAM_BYTES } = constants;
const { REJECT } = reasons;

/** `auto` decides by the first byte, the others insist on one format. */
export const FORMATS = ["auto", "lacuna", "json"] as const;
export type Format = (typeof FORMATS)[number];

/**
 * Decodes one datagram. Never throws, whatever the bytes are.
 * @param bytes - memory that holds the datagram; `into.idBytes` may keep a reference to it
 * @param view - over the same memory, so that `offset` means the same in both
 * @param offset - where the datagram begins in both, bytes
 * @param length - its size, bytes
 * @param into - filled; all earlier contents are forgotten
 * @returns REJECT.*: 0 = sound; otherwise the datagram is rejected and `into` means nothing
 */
export const decode = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  format: Format,
  into: Datagram,
): number => {
  if (length === 0) return REJECT.empty;
  if (length > MAX_DATAGRAM_BYTES) return REJECT.oversize;
  const first = bytes[offset]!;
  if (format !== "json" && first === MAGIC_0) return decodeBinary(bytes, view, offset, length, into);
  if (format !== "lacuna" && canBeginJson(first)) return decodeJson(bytes, offset, length, into);
  return REJECT["bad-magic"];
};

/** `{`, or the white space JSON allows before it. */
const canBeginJson = (byte: number): boolean =>
  byte === 0x7b || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
