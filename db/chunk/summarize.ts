import { Scratch } from "../codec/scratch.ts";
import type { DatagramColumns } from "../segment/columns.ts";
import type { ChannelSummary, ChunkHead } from "./chunk-head.ts";

/** below it the sums of a chunk would cost more than to decode its readings */
const LEAST_SUMMED = 64;
/** as would those of channels with fewer readings than that, in the mean */
const LEAST_OF_CHANNEL = 4;

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
    channels: channelsOf(columns, from, to),
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

/** Figures of one channel while they are summed up, in a typed array: an object's would be allocated anew with each reading. */
const FIGURE = {
  COUNT: 0,
  NON_FINITE: 1,
  MIN: 2,
  MAX: 3,
  SUM: 4,
  LAST: 5,
  LAST_TIME: 6,
  LAST_SEQUENCE: 7,
} as const;
const FIGURES = 8;
const scratch = new Scratch();

const channelsOf = (columns: DatagramColumns, from: number, to: number): ChannelSummary[] | null => {
  const { readingStart, channel, value, readingTime, sequence } = columns;
  const readings = readingStart[to]! - readingStart[from]!;
  if (readings < LEAST_SUMMED) return null;
  const numbers = placeChannels(channel, readingStart[from]!, readingStart[to]!);
  if (readings < numbers.length * LEAST_OF_CHANNEL) return null;
  const figures = scratch.take(numbers.length * FIGURES);
  figures.fill(0, 0, numbers.length * FIGURES);
  for (let datagram = from; datagram < to; datagram++) {
    for (let index = readingStart[datagram]!; index < readingStart[datagram + 1]!; index++) {
      const at = placeOf[channel[index]!]! * FIGURES;
      count(figures, at, value[index]!, readingTime[index]!, sequence[datagram]!);
    }
  }
  return numbers.map((number, place) => summaryOf(number, figures, place * FIGURES));
};

/** Of a channel among those of a chunk; a map would be looked into for each reading of a datagram with several. Grows with the greatest channel. */
let placeOf = new Uint16Array(64);

/** @returns the channels in the order of first appearance, which is their place */
const placeChannels = (channel: Uint16Array, from: number, to: number): number[] => {
  const numbers: number[] = [];
  for (let index = from; index < to; index++) {
    const number = channel[index]!;
    if (number >= placeOf.length) placeOf = longerPlaces(number);
    // what another chunk left there is no place of this one
    if (numbers[placeOf[number]!] === number) continue;
    placeOf[number] = numbers.length;
    numbers.push(number);
  }
  return numbers;
};

const longerPlaces = (number: number): Uint16Array<ArrayBuffer> => {
  const longer = new Uint16Array(2 ** Math.ceil(Math.log2(number + 1)));
  longer.set(placeOf);
  return longer;
};

const count = (figures: Float64Array, at: number, value: number, timeUs: number, sequence: number): void => {
  // true for NaN and infinities only
  if (value - value !== 0) {
    figures[at + FIGURE.NON_FINITE]!++;
    return;
  }
  const isFirst = figures[at + FIGURE.COUNT]!++ === 0;
  if (isFirst || value < figures[at + FIGURE.MIN]!) figures[at + FIGURE.MIN] = value;
  if (isFirst || value > figures[at + FIGURE.MAX]!) figures[at + FIGURE.MAX] = value;
  figures[at + FIGURE.SUM]! += value;
  if (!isFirst && timeUs < figures[at + FIGURE.LAST_TIME]!) return;
  figures[at + FIGURE.LAST] = value;
  figures[at + FIGURE.LAST_TIME] = timeUs;
  figures[at + FIGURE.LAST_SEQUENCE] = sequence;
};

const summaryOf = (channel: number, figures: Float64Array, at: number): ChannelSummary => ({
  channel,
  count: figures[at + FIGURE.COUNT]!,
  nonFinite: figures[at + FIGURE.NON_FINITE]!,
  min: figures[at + FIGURE.MIN]!,
  max: figures[at + FIGURE.MAX]!,
  sum: figures[at + FIGURE.SUM]!,
  last: figures[at + FIGURE.LAST]!,
  lastReadingTimeUs: figures[at + FIGURE.LAST_TIME]!,
  lastSequence: figures[at + FIGURE.LAST_SEQUENCE]!,
});
