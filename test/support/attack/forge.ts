import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import {
  FLAG,
  HEADER_BYTES,
  KIND,
  MAGIC_0,
  MAGIC_1,
  VALUE_TYPE,
  VERSION,
} from "../../../protocol/constants.ts";

/** A binary datagram as an attacker writes it: any value in any field, sound or not. */
export interface Forged {
  device: string;
  kind?: number;
  version?: number;
  flags?: number;
  /** what the header claims; the number of entries when left out */
  count?: number;
  epoch?: number;
  sequence?: bigint;
  sendTimeUs?: bigint;
  body?: Buffer;
  entries?: number;
}

/** The bytes of a forged datagram; its checksum is right when the flag is set. */
export const forge = (from: Forged): Buffer => {
  const id = Buffer.from(from.device);
  const body = from.body ?? Buffer.alloc(0);
  const flags = from.flags ?? 0;
  const end = HEADER_BYTES + id.length + body.length;
  const bytes = Buffer.alloc(end + ((flags & FLAG.CRC) === 0 ? 0 : 4));
  bytes.set([MAGIC_0, MAGIC_1, from.version ?? VERSION, from.kind ?? KIND.DATA, flags, id.length]);
  bytes.writeUInt16BE(from.count ?? from.entries ?? 0, 6);
  bytes.writeUInt32BE(from.epoch ?? 1, 8);
  bytes.writeBigUInt64BE(from.sequence ?? 0n, 12);
  bytes.writeBigInt64BE(from.sendTimeUs ?? 0n, 20);
  bytes.set(id, HEADER_BYTES);
  bytes.set(body, HEADER_BYTES + id.length);
  if (end < bytes.length) bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
  return bytes;
};

const READING_BYTES = 12;

/** `count` float32 readings on consecutive channels. */
export const readings = (count: number, firstChannel = 0, type: number = VALUE_TYPE.FLOAT32): Buffer => {
  const body = Buffer.alloc(count * READING_BYTES);
  for (let index = 0; index < count; index++) {
    const at = index * READING_BYTES;
    body.writeUInt16BE((firstChannel + index) & 0xffff, at);
    body[at + 2] = type;
    // types above 4 say how long their value is
    body[at + 3] = type > 4 ? 4 : 0;
    body.writeFloatBE(index, at + 8);
  }
  return body;
};

/** Descriptions of `count` consecutive channels. */
export const descriptions = (count: number, firstChannel: number, name: string): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const channel = (firstChannel + index) & 0xffff;
      const text = Buffer.from(`${name}${channel}`);
      return Buffer.concat([Buffer.of(channel >> 8, channel & 0xff, text.length, 0), text]);
    }),
  );

/** Inclusive ranges, as NACK and GONE carry them. */
export const ranges = (...pairs: [bigint, bigint][]): Buffer => {
  const body = Buffer.alloc(pairs.length * 16);
  for (const [index, [first, last]] of pairs.entries()) {
    body.writeBigUInt64BE(first, index * 16);
    body.writeBigUInt64BE(last, index * 16 + 8);
  }
  return body;
};
