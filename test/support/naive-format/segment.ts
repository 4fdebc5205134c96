import { crc32 } from "node:zlib";
import type { PlainStored } from "../filled-batch.ts";
import { block } from "./block.ts";
import { integers } from "./columns.ts";
import { StoredBytes } from "./stored-bytes.ts";

/** Bytes and the CRC-32 behind them. */
const checked = (input: StoredBytes, length: number): StoredBytes => {
  const bytes = input.take(length);
  if (crc32(bytes) !== input.u32()) throw new RangeError("a checksum that is not that of its bytes");
  return new StoredBytes(bytes);
};

/** All datagrams of a segment, as docs/storage.md says they are stored. */
export const segment = (blob: Uint8Array) => {
  const input = new StoredBytes(blob);
  const [version, form, headBytes, headCrc] = [input.u8(), input.u8(), input.u32(), input.u32()];
  if (version !== 1 || form > 1) throw new RangeError(`version ${version}, form ${form}`);
  const headBlob = input.take(headBytes);
  if (crc32(headBlob) !== headCrc) throw new RangeError("a damaged head");
  const head = new StoredBytes(headBlob);
  const [runs, datagrams, readings] = [head.u32(), head.u32(), head.u32()];
  const times = Array.from({ length: 6 }, () => head.f64());
  const numbers = integers(head, runs);
  const counts = integers(head, runs);
  const bytes = form === 0 ? integers(head, runs) : [];
  const runOf = numbers.flatMap((run, at) => new Array<number>(counts[at]!).fill(run));
  const blocks =
    form === 0
      ? counts.map((count, at) => block(checked(input, bytes[at]!), count, times[0]!, true))
      : [block(checked(input, blob.length - input.at - 4), datagrams, times[0]!, false)];
  if (!input.isAtEnd || !head.isAtEnd) throw new RangeError("a segment has more bytes");
  const stored = blocks
    .flatMap((one) => one.datagrams)
    .map((one, at): PlainStored => ({ run: runOf[at]!, ...one }));
  return { form, modes: blocks.map(({ mode }) => mode), runs, datagrams, readings, times, stored };
};
