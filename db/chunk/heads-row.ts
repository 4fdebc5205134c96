import { crc32 } from "node:zlib";
import { ByteReader } from "../codec/byte-reader.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { CRC_BYTES, isSound } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import { type ChunkHead, readChunkHead, writeChunkHead } from "./chunk-head.ts";

/**
 * A row of `chunk_heads`: the heads of the chunks of some runs, ascending, and where their blocks lie.
 *
 *     u8 version = 1 | f64 origin of the times | varint where the first chunk's block begins in the data of the chunk set
 *     per run: varint run - the one before (0 at first) | varint 2 x chunks + unsequenced | varint datagrams | varint bytes of its heads
 *              | varint bytes of its blocks with their CRCs | heads
 *     u32 CRC-32 of all before
 *
 * Rows are small, so that one of them is read quickly and four fill a page of the database. A run with more heads than fit has rows of its own.
 */
const VERSION = 1;
const MOST_ROW_BYTES = 1980;

export interface HeadsRow {
  /** first run in it */
  run: number;
  /** index in its run of the first chunk in it; above 0 only in rows that go on with a run */
  part: number;
  heads: Uint8Array;
}

/** One run's heads of a row. */
export interface RunHeads {
  run: number;
  isUnsequenced: boolean;
  heads: ChunkHead[];
  /** where the block of the first one begins in the data of the chunk set; they follow each other, each with its CRC */
  dataFrom: number;
}

/** Packs the heads of ascending runs into rows. */
export class HeadsWriter {
  #rows: HeadsRow[] = [];
  /** of all rows, those taken too */
  bytes = 0;
  readonly #originUs: number;
  readonly #row = new ByteWriter(MOST_ROW_BYTES * 2);
  readonly #entry = new ByteWriter(MOST_ROW_BYTES * 2);
  readonly #heads = new ByteWriter(MOST_ROW_BYTES);
  #run = 0;
  #firstRun = 0;
  #firstPart = 0;
  #dataAt = 0;

  constructor(originUs: number) {
    this.#originUs = originUs;
  }

  /** Add the next run; its blocks follow those of the run before. */
  add(run: number, isUnsequenced: boolean, heads: readonly ChunkHead[]): void {
    for (let from = 0; from < heads.length; ) {
      const to = this.#encodeHeads(heads, from);
      // who looks for a run that goes on finds the rows that begin with it
      if (from === 0 && to < heads.length) this.#end();
      const dataBytes = this.#put(run, isUnsequenced, heads.slice(from, to), from);
      this.#dataAt += dataBytes;
      if (to < heads.length) this.#end();
      from = to;
    }
  }

  /** The rows that have become complete since the last call. */
  take(): readonly HeadsRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** The rows that are left. */
  end(): readonly HeadsRow[] {
    this.#end();
    return this.take();
  }

  /** Fill `#heads` with as many as fit into a row. @returns the index after the last one */
  #encodeHeads(heads: readonly ChunkHead[], from: number): number {
    this.#heads.reset();
    let index = from;
    for (let after = 0; index < heads.length; index++) {
      const length = this.#heads.length;
      writeChunkHead(this.#heads, heads[index]!, after, this.#originUs);
      after = heads[index]!.lastSequence;
      if (length === 0 || this.#heads.length <= MOST_ROW_BYTES - 64) continue;
      this.#heads.truncate(length);
      break;
    }
    return index;
  }

  #put(run: number, isUnsequenced: boolean, heads: readonly ChunkHead[], part: number): number {
    const dataBytes = heads.reduce((sum, { bytes }) => sum + bytes + CRC_BYTES, 0);
    this.#encodeEntry(run, isUnsequenced, heads, dataBytes);
    if (this.#row.length > 0 && this.#row.length + this.#entry.length + CRC_BYTES > MOST_ROW_BYTES) {
      this.#end();
      this.#encodeEntry(run, isUnsequenced, heads, dataBytes);
    }
    if (this.#row.length === 0) {
      this.#firstRun = run;
      this.#firstPart = part;
      this.#row.u8(VERSION);
      this.#row.f64(this.#originUs);
      this.#row.varint(this.#dataAt);
    }
    this.#row.append(this.#entry.written());
    this.#run = run;
    return dataBytes;
  }

  #encodeEntry(run: number, isUnsequenced: boolean, heads: readonly ChunkHead[], dataBytes: number): void {
    const entry = this.#entry;
    entry.reset();
    entry.varint(run - this.#run);
    entry.varint(heads.length * 2 + Number(isUnsequenced));
    entry.varint(heads.reduce((sum, { datagrams }) => sum + datagrams, 0));
    entry.varint(this.#heads.length);
    entry.varint(dataBytes);
    entry.append(this.#heads.written());
  }

  #end(): void {
    if (this.#row.length === 0) return;
    this.#row.u32(crc32(this.#row.written()));
    this.#rows.push({ run: this.#firstRun, part: this.#firstPart, heads: this.#row.written().slice() });
    this.bytes += this.#row.length;
    this.#row.reset();
    this.#run = 0;
  }
}

/** Reads a row run by run. Every method throws SegmentCorruptError on bytes that no writer wrote. */
export class HeadsRowReader {
  readonly #input: ByteReader;
  readonly #originUs: number;
  #run = 0;
  #chunks = 0;
  #dataAt: number;
  #dataBytes = 0;
  #headsAt = 0;
  #headBytes = 0;
  readonly #bytes: Uint8Array;
  isUnsequenced = false;
  /** of the current run in this row */
  datagrams = 0;

  constructor(column: Uint8Array) {
    const row = storedBytes(column);
    const end = row.length - CRC_BYTES;
    if (end < 1 || !isSound(row, 0, end)) throw new SegmentCorruptError("a row of chunk heads is damaged");
    this.#bytes = row;
    this.#input = new ByteReader(row, 0, end);
    if (this.#input.u8() !== VERSION) throw new SegmentCorruptError("chunk heads of an unknown version");
    this.#originUs = this.#input.f64();
    this.#dataAt = this.#input.varint();
  }

  /** Go to the next run. @returns its number, or -1 at the end */
  next(): number {
    if (this.#input.remaining === 0) return -1;
    this.#run += this.#input.varint();
    const chunks = this.#input.varint();
    this.#chunks = Math.floor(chunks / 2);
    this.isUnsequenced = chunks % 2 === 1;
    this.datagrams = this.#input.varint();
    this.#headBytes = this.#input.varint();
    this.#dataAt += this.#dataBytes;
    this.#dataBytes = this.#input.varint();
    this.#headsAt = this.#input.skip(this.#headBytes);
    return this.#run;
  }

  /** The heads of the current run. */
  read(): RunHeads {
    const input = new ByteReader(this.#bytes, this.#headsAt, this.#headsAt + this.#headBytes);
    const heads: ChunkHead[] = [];
    for (let after = 0; heads.length < this.#chunks; ) {
      const head = readChunkHead(input, after, this.#originUs);
      after = head.lastSequence;
      heads.push(head);
    }
    return { run: this.#run, isUnsequenced: this.isUnsequenced, heads, dataFrom: this.#dataAt };
  }
}
