import { Buffer } from "node:buffer";
import { MAX_DATAGRAM_BYTES } from "../../../protocol/constants.ts";
import type { Format } from "../../../protocol/decode.ts";
import { encodeBinary } from "../../../protocol/encode-binary.ts";
import { fromPlain, type PlainDatagram } from "../plain-datagram.ts";

/** What a fixture's `.json` says: how to decode the bytes, and what must come of it: a datagram or a rejection. */
export interface Expectation {
  about: string;
  /** `auto` when left out */
  format?: Format;
  datagram?: PlainDatagram;
  /** stands for the datagram's readings where there are too many to write down */
  readingCount?: number;
  reject?: string;
}

/** One test vector; its files are `<name>.bin` and `<name>.json` in test/fixtures/datagrams/. */
export interface Vector extends Expectation {
  name: string;
  bytes: Uint8Array;
}

export const SENT_US = 1_795_176_000_123_456; // 2026-11-20T12:00:00.123456Z

/** What most vectors have in common. */
export const HEADER: PlainDatagram = {
  kind: "DATA",
  device: "pump-7",
  epoch: 3,
  sequence: 42,
  sendTimeUs: SENT_US,
};

export const encode = (datagram: PlainDatagram, flags = 0): Buffer => {
  const out = Buffer.alloc(MAX_DATAGRAM_BYTES);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  return out.subarray(0, encodeBinary(fromPlain(datagram), flags, out, view));
};
