import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { decodeIntegers, encodeIntegers } from "../codec/integers.ts";
import { Scratch } from "../codec/scratch.ts";
import type { DatagramColumns } from "./columns.ts";
import type { ReadingColumns } from "./reading-columns.ts";
import type { Shapes } from "./shapes.ts";

/** How the times of a block's readings are written; one byte. */
const MODE = {
  /** each is its datagram's time */
  SAME: 0,
  /** a fixed offset per entry of each shape: one integer column over all entries */
  PATTERN: 1,
  /** reading time minus datagram time: an integer column per value column */
  OFFSETS: 2,
  /** the times themselves, likewise, against the index of the reading in its column */
  ABSOLUTE: 3,
} as const;

const pattern = new Scratch();
const grouped = new Scratch();
const offsets = new Scratch();
let ramp = new Float64Array(0);

/** 0, 1, 2 … */
const rampOf = (count: number): Float64Array => {
  if (ramp.length < count) ramp = Float64Array.from({ length: count * 2 }, (_, index) => index);
  return ramp;
};

/** What the encoder of a block knows of it. */
export interface BlockShape {
  shapes: Shapes;
  shapeOf: Float64Array;
  layout: ReadingColumns;
  count: number;
}

/** Fill `pattern` with the offset of each shape's entries. @returns null when datagrams of one shape differ */
const findPattern = (columns: DatagramColumns, from: number, block: BlockShape): Float64Array | null => {
  const { shapes, shapeOf, count } = block;
  const entryOffsets = pattern.take(shapes.entryCount);
  entryOffsets.fill(Number.NaN, 0, shapes.entryCount);
  for (let index = 0; index < count; index++) {
    const time = columns.datagramTime[from + index]!;
    let entry = shapes.entryStart[shapeOf[index]!]!;
    for (let at = columns.readingStart[from + index]!; at < columns.readingStart[from + index + 1]!; at++) {
      const offset = columns.readingTime[at]! - time;
      if (Number.isNaN(entryOffsets[entry]!)) entryOffsets[entry] = offset;
      else if (entryOffsets[entry] !== offset) return null;
      entry++;
    }
  }
  return entryOffsets;
};

/** Whether all readings have the time of their datagram. */
const areSame = (columns: DatagramColumns, from: number, to: number): boolean => {
  const { datagramTime, readingStart, readingTime } = columns;
  let reading = readingStart[from]!;
  for (let index = from; index < to; index++) {
    const time = datagramTime[index]!;
    for (const end = readingStart[index + 1]!; reading < end; reading++) {
      if (readingTime[reading] !== time) return false;
    }
  }
  return true;
};

/** Append the reading times of datagrams [from, from + block.count). */
export const writeReadingTimes = (
  out: ByteWriter,
  columns: DatagramColumns,
  from: number,
  block: BlockShape,
  originUs: number,
): void => {
  if (areSame(columns, from, from + block.count)) {
    out.u8(MODE.SAME);
    return;
  }
  const entryOffsets = findPattern(columns, from, block);
  if (entryOffsets === null) {
    writeFree(out, columns, from, block, originUs);
    return;
  }
  out.u8(MODE.PATTERN);
  encodeIntegers(out, entryOffsets, 0, block.shapes.entryCount);
};

/** As offsets and as times, and the shorter one stays. */
const writeFree = (
  out: ByteWriter,
  columns: DatagramColumns,
  from: number,
  block: BlockShape,
  originUs: number,
): void => {
  const readingFrom = columns.readingStart[from]!;
  const readings = columns.readingStart[from + block.count]! - readingFrom;
  const start = out.length;
  const times = grouped.take(readings);
  block.layout.group(block.shapes, block.shapeOf, block.count, columns.readingTime, readingFrom, times);
  writeColumns(out, MODE.ABSOLUTE, times, block, originUs);
  const middle = out.length;
  const free = offsets.take(readings);
  for (let index = 0; index < block.count; index++) {
    const time = columns.datagramTime[from + index]!;
    for (let at = columns.readingStart[from + index]!; at < columns.readingStart[from + index + 1]!; at++) {
      free[at - readingFrom] = columns.readingTime[at]! - time;
    }
  }
  block.layout.group(block.shapes, block.shapeOf, block.count, free, 0, times);
  writeColumns(out, MODE.OFFSETS, times, block, 0);
  if (out.length - middle < middle - start) out.cut(start, middle);
  else out.truncate(middle);
};

const writeColumns = (
  out: ByteWriter,
  mode: number,
  times: Float64Array,
  { shapes, layout }: BlockShape,
  originUs: number,
): void => {
  out.u8(mode);
  for (let column = 0; column < shapes.columnCount; column++) {
    const from = layout.columnStart[column]!;
    const to = layout.columnStart[column + 1]!;
    encodeIntegers(out, times, from, to, originUs, mode === MODE.ABSOLUTE ? rampOf(to) : null);
  }
};

/** Read the reading times of `columns`, whose datagram times and reading starts are known. */
export const readReadingTimes = (
  input: ByteReader,
  columns: DatagramColumns,
  block: BlockShape,
  originUs: number,
): void => {
  const mode = input.u8();
  if (mode > MODE.ABSOLUTE) throw new SegmentCorruptError("unknown mode of reading times");
  const isFree = mode === MODE.OFFSETS || mode === MODE.ABSOLUTE;
  if (isFree) readColumns(input, mode, columns, block, originUs);
  else if (mode === MODE.PATTERN) readPattern(input, columns, block);
  if (mode === MODE.ABSOLUTE) return;
  const hasOffsets = mode !== MODE.SAME;
  if (!hasOffsets && block.shapes.entryCount === 1 && columns.readingCount === block.count) {
    columns.readingTime.set(columns.datagramTime.subarray(0, block.count));
    return;
  }
  for (let index = 0; index < block.count; index++) {
    const time = columns.datagramTime[index]!;
    for (let at = columns.readingStart[index]!; at < columns.readingStart[index + 1]!; at++) {
      columns.readingTime[at] = hasOffsets ? columns.readingTime[at]! + time : time;
    }
  }
};

/** Offsets from the pattern. */
const readPattern = (input: ByteReader, columns: DatagramColumns, block: BlockShape): void => {
  const { shapes, shapeOf, count } = block;
  const entryOffsets = pattern.take(shapes.entryCount);
  decodeIntegers(input, shapes.entryCount, entryOffsets, 0);
  for (let index = 0; index < count; index++) {
    let entry = shapes.entryStart[shapeOf[index]!]!;
    for (let at = columns.readingStart[index]!; at < columns.readingStart[index + 1]!; at++) {
      columns.readingTime[at] = entryOffsets[entry++]!;
    }
  }
};

const readColumns = (
  input: ByteReader,
  mode: number,
  columns: DatagramColumns,
  { shapes, shapeOf, layout, count }: BlockShape,
  originUs: number,
): void => {
  const times = grouped.take(columns.readingCount);
  const isAbsolute = mode === MODE.ABSOLUTE;
  for (let column = 0; column < shapes.columnCount; column++) {
    const from = layout.columnStart[column]!;
    const size = layout.columnStart[column + 1]! - from;
    const x = isAbsolute ? rampOf(size) : null;
    decodeIntegers(input, size, times, from, isAbsolute ? originUs : 0, x);
  }
  layout.ungroup(shapes, shapeOf, count, times, columns.readingTime);
};
