import { releaseBytes } from "../../common/release-bytes.ts";
import { ByteReader } from "../codec/byte-reader.ts";
import { CRC_BYTES, isSound } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import { decodeIntegers } from "../codec/integers.ts";
import { decodeBlock } from "./block.ts";
import type { DatagramColumns, RunColumns, SegmentSummary } from "./columns.ts";
import type { GrowingColumns } from "./growing-columns.ts";
import { FORM, memoryToRead, readHead } from "./segment-head.ts";

/**
 * Reads one segment blob. Every method throws SegmentCorruptError (`ERR_SEGMENT_CORRUPT`) on bytes that no builder wrote.
 * Keeps a view of the blob, does not copy it.
 */
export class SegmentReader {
  readonly summary: SegmentSummary;
  /** run numbers in the segment, ascending */
  readonly runNumbers: Uint32Array;
  /** datagrams of each run, parallel to `runNumbers` */
  readonly runDatagrams: Uint32Array;
  readonly #blob: Uint8Array;
  readonly #isWhole: boolean;
  readonly #blocksAt: number;
  /** in form BLOCKS where each run's block begins, and where one behind the last would; in form WHOLE the index of each run's first datagram */
  readonly #starts: Uint32Array;
  #whole: DatagramColumns | undefined;

  constructor(column: Uint8Array) {
    const blob = storedBytes(column);
    const { head, blocksAt } = readHead(blob);
    this.#blob = blob;
    this.#isWhole = head.form === FORM.WHOLE;
    this.#blocksAt = blocksAt;
    this.summary = head.summary;
    this.runNumbers = Uint32Array.from(head.runNumbers);
    this.runDatagrams = Uint32Array.from(head.runDatagrams);
    this.#starts = this.#isWhole
      ? startsOf(head.runDatagrams, 0, 0)
      : startsOf(head.blockBytes, blocksAt, CRC_BYTES);
  }

  /** How many datagrams the run has in it. */
  datagramsOf(run: number): number {
    const index = indexOf(this.runNumbers, run);
    return index < 0 ? 0 : this.runDatagrams[index]!;
  }

  /** What it holds in memory at most, about. */
  get keptBytes(): number {
    return memoryToRead({ ...this.summary, bytes: this.#blob.length });
  }

  /**
   * The run's datagrams ascending by sequence, or null when it is not in the segment. Decodes only that run's bytes (in a segment of tiny runs: all, once).
   * @param into - may be used for them: they are valid until its next use
   */
  readRun(run: number, into?: GrowingColumns): RunColumns | null {
    const index = indexOf(this.runNumbers, run);
    if (index < 0) return null;
    const { columns, from, to } = this.locate(index, into);
    return columns === this.#whole ? slice(columns, from, to) : columns;
  }

  /**
   * Where the datagrams of the run `runNumbers[index]` are, without a copy.
   * @param into - may be used for them: they are valid until its next use
   */
  locate(index: number, into?: GrowingColumns): { columns: DatagramColumns; from: number; to: number } {
    const start = this.#starts[index]!;
    const datagrams = this.runDatagrams[index]!;
    if (this.#isWhole) return { columns: this.#readWhole(), from: start, to: start + datagrams };
    const columns = this.#decode(start, this.#endOfBlock(index), datagrams, true, into);
    return { columns, from: 0, to: datagrams };
  }

  /**
   * Compare every block with its checksum; of what is in it only the numbers are decoded.
   * @param visit - called with each run, and the least and the greatest number of it here
   */
  check(visit: (run: number, datagrams: number, first: number, last: number) => void): void {
    const end = this.#blob.length - CRC_BYTES;
    const all = this.#isWhole ? this.#numbers(this.#blocksAt, end, this.summary.datagrams) : null;
    for (const [index, run] of this.runNumbers.entries()) {
      const [start, datagrams] = [this.#starts[index]!, this.runDatagrams[index]!];
      const from = this.#isWhole ? start : 0;
      const numbers = all ?? this.#numbers(start, this.#endOfBlock(index), datagrams);
      visit(run, datagrams, numbers[from]!, numbers[from + datagrams - 1]!);
    }
  }

  /** Of its bytes, in form BLOCKS. */
  #endOfBlock(index: number): number {
    return this.#starts[index + 1]! - CRC_BYTES;
  }

  #numbers(from: number, to: number, count: number): Float64Array {
    this.#checkBlock(from, to);
    const numbers = new Float64Array(count);
    decodeIntegers(new ByteReader(this.#blob, from, to), count, numbers, 0);
    return numbers;
  }

  /** It is not needed any more: the blob's memory goes back at once. What was read stays. */
  release(): void {
    releaseBytes(this.#blob);
  }

  #readWhole(): DatagramColumns {
    const end = this.#blob.length - CRC_BYTES;
    this.#whole ??= this.#decode(this.#blocksAt, end, this.summary.datagrams, false);
    return this.#whole;
  }

  #decode(
    from: number,
    to: number,
    count: number,
    isAscending: boolean,
    into?: GrowingColumns,
  ): DatagramColumns {
    this.#checkBlock(from, to);
    const bytes = new ByteReader(this.#blob, from, to);
    return decodeBlock(bytes, count, this.summary.firstTimeUs, isAscending, into);
  }

  #checkBlock(from: number, to: number): void {
    const blob = this.#blob;
    if (!(to >= from && to + CRC_BYTES <= blob.length)) throw new SegmentCorruptError("a block is cut off");
    if (!isSound(blob, from, to)) throw new SegmentCorruptError("a block is damaged");
  }
}

/** Where each begins of parts of these sizes, and where one more would. A damaged size leads to bytes that their checksum refuses. */
const startsOf = (sizes: Float64Array, first: number, between: number): Uint32Array => {
  const starts = new Uint32Array(sizes.length + 1);
  let at = first;
  for (let index = 0; index < sizes.length; index++) {
    starts[index] = at;
    at += sizes[index]! + between;
  }
  starts[sizes.length] = at;
  return starts;
};

/** Binary search; -1 when it is not there. */
const indexOf = (ascending: Uint32Array, wanted: number): number => {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else if (ascending[middle]! > wanted) high = middle - 1;
    else return middle;
  }
  return -1;
};

const slice = (whole: DatagramColumns, from: number, to: number): RunColumns => {
  const first = whole.readingStart[from]!;
  const end = whole.readingStart[to]!;
  return {
    datagramCount: to - from,
    readingCount: end - first,
    sequence: whole.sequence.subarray(from, to),
    datagramTime: whole.datagramTime.subarray(from, to),
    readingStart: whole.readingStart.subarray(from, to + 1).map((at) => at - first),
    channel: whole.channel.subarray(first, end),
    type: whole.type.subarray(first, end),
    readingTime: whole.readingTime.subarray(first, end),
    value: whole.value.subarray(first, end),
  };
};
