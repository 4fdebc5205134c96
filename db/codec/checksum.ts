import { crc32 } from "node:zlib";

/** of a checksum: CRC-32 (zlib's), u32, little-endian */
export const CRC_BYTES = 4;

/** Whether the bytes [from, to) are those that the checksum right behind them was made of; it must lie within `bytes`. */
export const isSound = (bytes: Uint8Array, from: number, to: number): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return crc32(bytes.subarray(from, to)) === view.getUint32(to, true);
};
