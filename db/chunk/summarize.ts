import type { DatagramColumns } from "../segment/columns.ts";
import { type ChannelSummary, type ChunkHead, emptySummary } from "./chunk-head.ts";

/** below it the sums of a chunk would cost more than to decode its readings */
const LEAST_SUMMED = 64;

/** The head of datagrams [from, to), which ascend by sequence number; their block is not written yet: `bytes` is 0. */
export const summarize = (columns: DatagramColumns, from: number, to: number): ChunkHead => {
  const [firstReading, endReading] = [columns.readingStart[from]!, columns.readingStart[to]!];
  const times = rangeOf(columns.datagramTime, from, to);
  const readingTimes =
    firstReading === endReading ? times : rangeOf(columns.readingTime, firstReading, endReading);
  const readings = endReading - firstReading;
  return {
    datagrams: to - from,
    readings,
    firstSequence: columns.sequence[from]!,
    lastSequence: columns.sequence[to - 1]!,
    firstTimeUs: times[0],
    lastTimeUs: times[1],
    firstReadingTimeUs: readingTimes[0],
    lastReadingTimeUs: readingTimes[1],
    channels: readings < LEAST_SUMMED ? null : channelsOf(columns, from, to),
    bytes: 0,
  };
};

const rangeOf = (values: Float64Array, from: number, to: number): [number, number] => {
  let [least, greatest] = [values[from]!, values[from]!];
  for (let index = from + 1; index < to; index++) {
    const value = values[index]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
};

const channelsOf = (columns: DatagramColumns, from: number, to: number): ChannelSummary[] => {
  const { readingStart, channel, value, readingTime, sequence } = columns;
  const byChannel = new Map<number, ChannelSummary>();
  let current: ChannelSummary | undefined;
  for (let datagram = from; datagram < to; datagram++) {
    for (let index = readingStart[datagram]!; index < readingStart[datagram + 1]!; index++) {
      if (current?.channel !== channel[index]) current = summaryOf(byChannel, channel[index]!);
      count(current!, value[index]!, readingTime[index]!, sequence[datagram]!);
    }
  }
  return [...byChannel.values()];
};

const summaryOf = (byChannel: Map<number, ChannelSummary>, channel: number): ChannelSummary => {
  let summary = byChannel.get(channel);
  if (summary === undefined) {
    summary = emptySummary(channel);
    byChannel.set(channel, summary);
  }
  return summary;
};

const count = (summary: ChannelSummary, value: number, timeUs: number, sequence: number): void => {
  // true for NaN and infinities only
  if (value - value !== 0) {
    summary.nonFinite++;
    return;
  }
  if (summary.count === 0) {
    summary.min = value;
    summary.max = value;
  } else if (value < summary.min) summary.min = value;
  else if (value > summary.max) summary.max = value;
  if (summary.count === 0 || timeUs >= summary.lastReadingTimeUs) {
    summary.last = value;
    summary.lastReadingTimeUs = timeUs;
    summary.lastSequence = sequence;
  }
  summary.count++;
  summary.sum += value;
};
