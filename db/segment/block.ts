import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { decodeIntegers, encodeIntegers } from "../codec/integers.ts";
import { Scratch } from "../codec/scratch.ts";
import { decodeValues, encodeValues } from "../codec/values.ts";
import type { DatagramColumns } from "./columns.ts";
import { GrowingColumns } from "./growing-columns.ts";
import { ReadingColumns } from "./reading-columns.ts";
import { readReadingTimes, writeReadingTimes } from "./reading-times.ts";
import { Shapes } from "./shapes.ts";

/**
 * A block holds some datagrams as columns, in this order: sequence numbers, datagram times, shapes and the shape of each datagram, reading
 * times, one value column per (channel, type). Nothing in it refers to anything outside but the origin of its times.
 */

const shapes = new Shapes();
const layout = new ReadingColumns();
const shapeScratch = new Scratch();
const groupedScratch = new Scratch();

/** A damaged count must not ask for all the memory there is; the builder stays far below. */
const MOST_READINGS = 2 ** 26;

/**
 * Append datagrams [from, to) of `columns`.
 * @param originUs - times are written as differences to it; the decoder is given the same
 * @param isAscending - the sequence numbers ascend: times may follow them
 */
export const encodeBlock = (
  out: ByteWriter,
  columns: DatagramColumns,
  from: number,
  to: number,
  originUs: number,
  isAscending: boolean,
): void => {
  const count = to - from;
  const shapeOf = findShapes(columns, from, to);
  const readings = layout.arrange(shapes, shapeOf, count);
  encodeIntegers(out, columns.sequence, from, to);
  encodeIntegers(out, columns.datagramTime, from, to, originUs, isAscending ? columns.sequence : null);
  shapes.write(out);
  if (shapes.count > 1) encodeIntegers(out, shapeOf, 0, count);
  if (readings === 0) return;
  writeReadingTimes(out, columns, from, { shapes, shapeOf, layout, count }, originUs);
  const first = columns.readingStart[from]!;
  if (shapes.columnCount === 1) {
    encodeValues(out, columns.value, first, first + readings);
    return;
  }
  const values = groupedScratch.take(readings);
  layout.group(shapes, shapeOf, count, columns.value, first, values);
  for (let column = 0; column < shapes.columnCount; column++) {
    encodeValues(out, values, layout.columnStart[column]!, layout.columnStart[column + 1]!);
  }
};

const findShapes = (columns: DatagramColumns, from: number, to: number): Float64Array => {
  const shapeOf = shapeScratch.take(to - from);
  shapes.reset();
  for (let index = from; index < to; index++) {
    const start = columns.readingStart[index]!;
    const end = columns.readingStart[index + 1]!;
    shapeOf[index - from] = shapes.find(columns.channel, columns.type, start, end);
  }
  return shapeOf;
};

/**
 * Read a block of `count` datagrams.
 * @param originUs, isAscending - as given to the encoder
 * @param into - columns to use again: many small blocks would spend most of the time on new ones
 * @throws SegmentCorruptError
 */
export const decodeBlock = (
  input: ByteReader,
  count: number,
  originUs: number,
  isAscending: boolean,
  into = new GrowingColumns(),
): DatagramColumns => {
  into.reset();
  into.reserve(count, 0);
  const { sequence, datagramTime } = into;
  decodeIntegers(input, count, sequence, 0);
  decodeIntegers(input, count, datagramTime, 0, originUs, isAscending ? sequence : null);
  shapes.read(input, count);
  const shapeOf = shapeScratch.take(count);
  if (shapes.count > 1) decodeIntegers(input, count, shapeOf, 0);
  else shapeOf.fill(0, 0, count);
  findReadings(shapeOf, count, into.readingStart);
  into.datagramCount = count;
  into.readingCount = into.readingStart[count]!;
  into.reserve(count, into.readingCount);
  if (into.readingCount > 0) readReadings(input, into, shapeOf, originUs);
  return into;
};

const findReadings = (shapeOf: Float64Array, count: number, readingStart: Uint32Array): void => {
  readingStart[0] = 0;
  let readings = 0;
  if (shapes.count === 1 && count * shapes.entryCount <= MOST_READINGS) {
    const size = shapes.entryCount;
    for (let index = 1; index <= count; index++) readingStart[index] = index * size;
    return;
  }
  for (let index = 0; index < count; index++) {
    const shape = shapeOf[index]!;
    if (!(shape >= 0 && shape < shapes.count)) throw new SegmentCorruptError("a datagram of unknown shape");
    readings += shapes.entryStart[shape + 1]! - shapes.entryStart[shape]!;
    if (readings > MOST_READINGS) throw new SegmentCorruptError("a block with too many readings");
    readingStart[index + 1] = readings;
  }
};

const readReadings = (
  input: ByteReader,
  columns: DatagramColumns,
  shapeOf: Float64Array,
  originUs: number,
): void => {
  const count = columns.datagramCount;
  layout.arrange(shapes, shapeOf, count);
  if (shapes.entryCount === 1 && columns.readingCount === count) {
    columns.channel.fill(shapes.channel[0]!, 0, count);
    columns.type.fill(shapes.type[0]!, 0, count);
  } else fillChannels(columns, shapeOf);
  readReadingTimes(input, columns, { shapes, shapeOf, layout, count }, originUs);
  if (shapes.columnCount === 1) {
    decodeValues(input, columns.readingCount, columns.value, 0);
    return;
  }
  const values = groupedScratch.take(columns.readingCount);
  for (let column = 0; column < shapes.columnCount; column++) {
    const from = layout.columnStart[column]!;
    decodeValues(input, layout.columnStart[column + 1]! - from, values, from);
  }
  layout.ungroup(shapes, shapeOf, count, values, columns.value);
};

const fillChannels = (columns: DatagramColumns, shapeOf: Float64Array): void => {
  let reading = 0;
  for (let index = 0; index < columns.datagramCount; index++) {
    const end = shapes.entryStart[shapeOf[index]! + 1]!;
    for (let entry = shapes.entryStart[shapeOf[index]!]!; entry < end; entry++, reading++) {
      columns.channel[reading] = shapes.channel[entry]!;
      columns.type[reading] = shapes.type[entry]!;
    }
  }
};
