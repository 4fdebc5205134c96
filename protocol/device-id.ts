import { MAX_ID_BYTES } from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import { isCleanText } from "./text.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Gives a datagram its device id, copied into `into.idScratch`.
 * @returns false, the datagram left without an id, when `id` is none: 1 to 64 bytes of UTF-8 without control characters
 */
export const setDeviceId = (into: Datagram, id: string): boolean => {
  into.idLength = 0;
  if (id.length === 0 || id.length > MAX_ID_BYTES || !isCleanText(id)) return false;
  const { read, written } = encoder.encodeInto(id, into.idScratch);
  if (read < id.length) return false;
  into.pointId(into.idScratch, 0, written, into.idScratchView);
  return true;
};

/** The device id as a string. Allocates: for messages and tests, not for every datagram. */
export const deviceIdText = (datagram: Datagram): string =>
  decoder.decode(datagram.idBytes.subarray(datagram.idOffset, datagram.idOffset + datagram.idLength));
