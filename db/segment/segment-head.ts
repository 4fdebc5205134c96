import { crc32 } from "node:zlib";
import { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { decodeIntegers, encodeIntegers } from "../codec/integers.ts";
import type { SegmentSummary } from "./columns.ts";

/**
 * A segment: head, then blocks, all little-endian.
 *
 *     u8 version = 1 | u8 form | u32 bytes of the head | u32 CRC-32 of the head's rest
 *     u32 runs | u32 datagrams | u32 readings | f64 x 6 times of the summary
 *     run numbers | datagrams per run | bytes per block            three integer columns; the last one in form BLOCKS only
 *     blocks, each followed by the u32 CRC-32 of its bytes
 */
const SEGMENT_VERSION = 1;
export const FORM = {
  /** one block per run, ascending by sequence */
  BLOCKS: 0,
  /** one block of all datagrams, sorted by run, then by sequence: for segments of tiny runs */
  WHOLE: 1,
} as const;

/** below it the head of a block per run would cost more than the readings themselves */
const LEAST_DATAGRAMS_PER_BLOCK = 4;

/** The form in which a segment of that many runs and datagrams is written. */
export const formOf = (runs: number, datagrams: number): number =>
  runs > 1 && datagrams < runs * LEAST_DATAGRAMS_PER_BLOCK ? FORM.WHOLE : FORM.BLOCKS;

/** What a reader of a segment holds in memory at most, about: the blob, the head, and in form WHOLE the columns once they are decoded. */
export const memoryToRead = ({
  runs,
  datagrams,
  readings,
  bytes,
}: Pick<SegmentSummary, "runs" | "datagrams" | "readings"> & { bytes: number }): number =>
  bytes + 12 * runs + (formOf(runs, datagrams) === FORM.WHOLE ? 20 * datagrams + 19 * readings : 0);

export interface SegmentHead {
  form: number;
  summary: SegmentSummary;
  runNumbers: Float64Array;
  runDatagrams: Float64Array;
  /** of each block, its CRC not counted */
  blockBytes: Float64Array;
}

const FIXED_BYTES = 10;
const MOST_DATAGRAMS = 2 ** 26;

const TIMES = [
  "firstTimeUs",
  "lastTimeUs",
  "firstReadingTimeUs",
  "lastReadingTimeUs",
  "firstArrivalUs",
  "lastArrivalUs",
] as const satisfies (keyof SegmentSummary)[];

/** Write a head into `out`, which is empty. */
export const writeHead = (out: ByteWriter, head: SegmentHead): void => {
  const { form, summary, runNumbers, runDatagrams, blockBytes } = head;
  out.u32(summary.runs);
  out.u32(summary.datagrams);
  out.u32(summary.readings);
  for (const time of TIMES) out.f64(summary[time]);
  encodeIntegers(out, runNumbers, 0, summary.runs);
  encodeIntegers(out, runDatagrams, 0, summary.runs);
  if (form === FORM.BLOCKS) encodeIntegers(out, blockBytes, 0, summary.runs);
};

/** What stands before the head: with it the head can be found and checked. */
export const prefixOf = (form: number, headBytes: Uint8Array): Uint8Array => {
  const prefix = new Uint8Array(FIXED_BYTES);
  const view = new DataView(prefix.buffer);
  view.setUint8(0, SEGMENT_VERSION);
  view.setUint8(1, form);
  view.setUint32(2, headBytes.length, true);
  view.setUint32(6, crc32(headBytes), true);
  return prefix;
};

/**
 * Read and check the head.
 * @returns the head, and where the blocks begin
 * @throws SegmentCorruptError
 */
export const readHead = (blob: Uint8Array): { head: SegmentHead; blocksAt: number } => {
  if (blob.length < FIXED_BYTES) throw new SegmentCorruptError("a segment without a head");
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const form = view.getUint8(1);
  if (view.getUint8(0) !== SEGMENT_VERSION || form > FORM.WHOLE) {
    throw new SegmentCorruptError(`a segment of version ${view.getUint8(0)}, form ${form}`);
  }
  const blocksAt = FIXED_BYTES + view.getUint32(2, true);
  if (blocksAt > blob.length) throw new SegmentCorruptError("a segment's head is cut off");
  if (crc32(blob.subarray(FIXED_BYTES, blocksAt)) !== view.getUint32(6, true)) {
    throw new SegmentCorruptError("a segment's head is damaged");
  }
  return { head: parseHead(new ByteReader(blob, FIXED_BYTES, blocksAt), form), blocksAt };
};

const parseHead = (input: ByteReader, form: number): SegmentHead => {
  const [runs, datagrams, readings] = [input.u32(), input.u32(), input.u32()];
  if (runs > datagrams || datagrams > MOST_DATAGRAMS) throw new SegmentCorruptError("a segment's counts");
  const times = Object.fromEntries(TIMES.map((time) => [time, input.f64()])) as Record<
    (typeof TIMES)[number],
    number
  >;
  const runNumbers = new Float64Array(runs);
  const runDatagrams = new Float64Array(runs);
  const blockBytes = new Float64Array(runs);
  decodeIntegers(input, runs, runNumbers, 0);
  decodeIntegers(input, runs, runDatagrams, 0);
  if (form === FORM.BLOCKS) decodeIntegers(input, runs, blockBytes, 0);
  checkSum(runDatagrams, datagrams);
  return { form, summary: { runs, datagrams, readings, ...times }, runNumbers, runDatagrams, blockBytes };
};

const checkSum = (parts: Float64Array, total: number): void => {
  let sum = 0;
  for (const part of parts) {
    if (!(part >= 1)) throw new SegmentCorruptError("a run without datagrams in a segment");
    sum += part;
  }
  if (sum !== total) throw new SegmentCorruptError("a segment's runs do not add up");
};
