import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { decodeValues, encodeValues } from "../codec/values.ts";

/** What a chunk says of one channel, over all its readings of it. */
export interface ChannelSummary {
  channel: number;
  /** finite values */
  count: number;
  /** NaN and infinities: in no other figure here */
  nonFinite: number;
  /** of the finite values; 0 when there is none, as all below */
  min: number;
  max: number;
  /** added up in the order of sequence numbers, as float64; not finite where that overflows: add up the readings, scaled, instead */
  sum: number;
  /** the finite value with the greatest reading time, of equal times that of the greater number */
  last: number;
  lastReadingTimeUs: number;
  lastSequence: number;
}

/** The head of a chunk: some consecutive datagrams of one run. Times in microseconds. */
export interface ChunkHead {
  /** received numbers in it (of a run without numbers: datagrams) */
  datagrams: number;
  readings: number;
  firstSequence: number;
  lastSequence: number;
  /** smallest and greatest datagram time */
  firstTimeUs: number;
  lastTimeUs: number;
  /** smallest and greatest reading time; the datagram times when it has no reading */
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  /** by channel, in the order of first appearance; null for a chunk so small that summing it up would not pay: decode it */
  channels: readonly ChannelSummary[] | null;
  /** of its block, the CRC behind it not counted */
  bytes: number;
}

const FLAG = { SAME_TIMES: 1, HAS_CHANNELS: 2 } as const;
const FLAGS = 4;
const MOST_CHANNELS = 0x1_0000;

/**
 * Append a head: varint flags + 4 x datagrams (bit 0: the reading times span what the datagram times do, bit 1: there are channels) |
 * varint readings | varint bytes | svarint first sequence - `after` | varint span of sequences | svarint first time - `originUs` | varint span |
 * [svarint first reading time - first time | varint span] | [channels].
 * @param after - the last sequence number of the run's chunk before, 0 at its first
 */
export const writeChunkHead = (out: ByteWriter, head: ChunkHead, after: number, originUs: number): void => {
  const isSame = head.firstReadingTimeUs === head.firstTimeUs && head.lastReadingTimeUs === head.lastTimeUs;
  const flags = (isSame ? FLAG.SAME_TIMES : 0) + (head.channels === null ? 0 : FLAG.HAS_CHANNELS);
  out.varint(flags + FLAGS * head.datagrams);
  out.varint(head.readings);
  out.varint(head.bytes);
  out.signedVarint(head.firstSequence - after);
  out.varint(head.lastSequence - head.firstSequence);
  out.signedVarint(head.firstTimeUs - originUs);
  out.varint(head.lastTimeUs - head.firstTimeUs);
  if (!isSame) {
    out.signedVarint(head.firstReadingTimeUs - head.firstTimeUs);
    out.varint(head.lastReadingTimeUs - head.firstReadingTimeUs);
  }
  if (head.channels !== null) writeChannels(out, head, head.channels);
};

/** Count; per channel its number, finite and other values, place of the last; one value column of all min, max, last; the sums. */
const writeChannels = (out: ByteWriter, head: ChunkHead, channels: readonly ChannelSummary[]): void => {
  out.varint(channels.length);
  const values = new Float64Array(channels.length * 3);
  for (const [index, summary] of channels.entries()) {
    const { count, min, max, last } = summary;
    out.varint(summary.channel);
    out.varint(count);
    out.varint(summary.nonFinite);
    if (count > 0) {
      out.varint(head.lastReadingTimeUs - summary.lastReadingTimeUs);
      out.varint(head.lastSequence - summary.lastSequence);
    }
    values[index * 3] = min;
    values[index * 3 + 1] = max;
    values[index * 3 + 2] = last;
  }
  encodeValues(out, values, 0, values.length);
  for (const { sum } of channels) out.f64(sum);
};

/** Undo `writeChunkHead`. @throws SegmentCorruptError */
export const readChunkHead = (input: ByteReader, after: number, originUs: number): ChunkHead => {
  const packed = input.varint();
  const flags = packed % FLAGS;
  const readings = input.varint();
  const bytes = input.varint();
  const firstSequence = after + input.signedVarint();
  const lastSequence = firstSequence + input.varint();
  const firstTimeUs = originUs + input.signedVarint();
  const lastTimeUs = firstTimeUs + input.varint();
  let [firstReadingTimeUs, lastReadingTimeUs] = [firstTimeUs, lastTimeUs];
  if ((flags & FLAG.SAME_TIMES) === 0) {
    firstReadingTimeUs = firstTimeUs + input.signedVarint();
    lastReadingTimeUs = firstReadingTimeUs + input.varint();
  }
  const hasChannels = (flags & FLAG.HAS_CHANNELS) !== 0;
  return {
    datagrams: Math.floor(packed / FLAGS),
    readings,
    firstSequence,
    lastSequence,
    firstTimeUs,
    lastTimeUs,
    firstReadingTimeUs,
    lastReadingTimeUs,
    channels: hasChannels ? readChannels(input, lastReadingTimeUs, lastSequence) : null,
    bytes,
  };
};

const readChannels = (input: ByteReader, lastTimeUs: number, lastSequence: number): ChannelSummary[] => {
  const length = input.varint();
  if (length > MOST_CHANNELS) throw new SegmentCorruptError("a chunk with too many channels");
  const channels: ChannelSummary[] = [];
  for (let index = 0; index < length; index++) {
    const [channel, count, nonFinite] = [input.varint(), input.varint(), input.varint()];
    const summary = emptySummary(channel);
    if (count > 0) {
      summary.lastReadingTimeUs = lastTimeUs - input.varint();
      summary.lastSequence = lastSequence - input.varint();
    }
    channels.push({ ...summary, count, nonFinite });
  }
  const values = new Float64Array(length * 3);
  decodeValues(input, values.length, values, 0);
  for (const [index, channel] of channels.entries()) {
    channel.min = values[index * 3]!;
    channel.max = values[index * 3 + 1]!;
    channel.last = values[index * 3 + 2]!;
    channel.sum = input.f64();
  }
  return channels;
};

const emptySummary = (channel: number): ChannelSummary => ({
  channel,
  count: 0,
  nonFinite: 0,
  min: 0,
  max: 0,
  sum: 0,
  last: 0,
  lastReadingTimeUs: 0,
  lastSequence: 0,
});
