import { crc32 } from "node:zlib";
import { ByteReader } from "../codec/byte-reader.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { CRC_BYTES } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import type { BuiltSegment } from "./columns.ts";

const CHECKED = 0;
const HEAD_BYTES = 1 + CRC_BYTES;

/**
 * Which runs a segment holds, beside the segment itself: what a query reads to know whether the segment concerns it, and retention to know
 * how many numbers of each run go. Per run, ascending: its number minus the former one's, its count of datagrams (times two, plus
 * one when they have no numbers). Before them a 0, which no count of runs is, and the CRC-32 (zlib's, u32) of all that follows: a byte that a disk has changed
 * would hide the readings of a run without a word. Directories of former builds have neither; where the CRC is right there is one, whatever became of the 0.
 */
export const encodeDirectory = (
  { runNumbers, runDatagrams }: Pick<BuiltSegment, "runNumbers" | "runDatagrams">,
  isUnsequenced: (run: number) => boolean,
): Uint8Array => {
  const writer = new ByteWriter(4 * runNumbers.length + 16);
  writer.u8(CHECKED);
  const crcAt = writer.length;
  writer.u32(0);
  writer.varint(runNumbers.length);
  let former = 0;
  for (let index = 0; index < runNumbers.length; index++) {
    const run = runNumbers[index]!;
    writer.varint(run - former);
    writer.varint(runDatagrams[index]! * 2 + Number(isUnsequenced(run)));
    former = run;
  }
  const written = writer.written();
  new DataView(written.buffer, written.byteOffset).setUint32(
    crcAt,
    crc32(written.subarray(HEAD_BYTES)),
    true,
  );
  return written;
};

const readerOf = (column: Uint8Array): ByteReader => {
  const directory = storedBytes(column);
  const reader = new ByteReader(directory, Math.min(1, directory.length));
  if (reader.remaining >= CRC_BYTES && reader.u32() === crc32(directory.subarray(HEAD_BYTES))) return reader;
  if (directory[0] === CHECKED) throw new SegmentCorruptError("its directory is damaged");
  return new ByteReader(directory);
};

/** Calls back with each run and its count of datagrams. */
export const eachRun = (
  directory: Uint8Array,
  visit: (run: number, datagrams: number, isUnsequenced: boolean) => void,
): void => {
  const reader = readerOf(directory);
  let run = 0;
  for (let left = reader.varint(); left > 0; left--) {
    run += reader.varint();
    const entry = reader.varint();
    visit(run, Math.floor(entry / 2), entry % 2 === 1);
  }
};

/** Datagrams of one run; 0 when the segment has none. */
export const datagramsOf = (directory: Uint8Array, wanted: number): number => {
  const reader = readerOf(directory);
  let run = 0;
  for (let left = reader.varint(); left > 0; left--) {
    run += reader.varint();
    const entry = reader.varint();
    if (run >= wanted) return run === wanted ? Math.floor(entry / 2) : 0;
  }
  return 0;
};
