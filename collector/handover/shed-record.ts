import { KIND, MAX_ID_BYTES } from "../../protocol/constants.ts";
import type { Datagram } from "../../protocol/datagram.ts";

/**
 * What the owner of a device must know of a datagram that found no room on its way (R1), in a record's payload:
 * f64 sequence, f64 send time, f64 epoch, u8 width of the sequence, u8 1 = the send time is relative, then the id.
 */
const ID_AT = 26;
export const SHED_BYTES = ID_AT + MAX_ID_BYTES;

/** @param bytes - SHED_BYTES of them, the same memory as `view` @returns how many were written */
export const writeShed = (bytes: Uint8Array, view: DataView, datagram: Datagram): number => {
  view.setFloat64(0, datagram.sequence, true);
  view.setFloat64(8, datagram.sendTimeUs, true);
  view.setFloat64(16, datagram.epoch, true);
  bytes[24] = datagram.sequenceBits;
  bytes[25] = datagram.sendTimeIsRelative ? 1 : 0;
  for (let at = 0; at < datagram.idLength; at++) {
    bytes[ID_AT + at] = datagram.idBytes[datagram.idOffset + at]!;
  }
  return ID_AT + datagram.idLength;
};

/** Fill the fields of `datagram` that the tracker looks at; its id stays in `bytes`. */
export const readShed = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  datagram: Datagram,
): void => {
  datagram.reset();
  datagram.kind = KIND.DATA;
  datagram.sequence = view.getFloat64(offset, true);
  datagram.sendTimeUs = view.getFloat64(offset + 8, true);
  datagram.epoch = view.getFloat64(offset + 16, true);
  datagram.sequenceBits = bytes[offset + 24]!;
  datagram.sendTimeIsRelative = bytes[offset + 25] === 1;
  datagram.pointId(bytes, offset + ID_AT, length - ID_AT, view);
};
