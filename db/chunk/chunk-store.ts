import { ByteReader } from "../codec/byte-reader.ts";
import { CRC_BYTES, isSound } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { decodeBlock } from "../segment/block.ts";
import type { RunColumns } from "../segment/columns.ts";
import type { GrowingColumns } from "../segment/growing-columns.ts";
import type { ChunkHead } from "./chunk-head.ts";
import { CHUNK_PAGE_BYTES } from "./chunk-pages.ts";
import { HeadsCache, lastRunOf } from "./heads-cache.ts";
import { type HeadsRow, HeadsRowReader, type RunHeads } from "./heads-row.ts";

/** Where the chunks of a merged segment lie: its columns `chunk_set` and `first_page`. */
export interface ChunkSet {
  chunkSet: number;
  firstPage: number;
}

/** A chunk and where its block lies. */
export interface StoredChunk extends ChunkHead {
  firstPage: number;
  /** in the data of its chunk set */
  dataFrom: number;
}

/**
 * Reads chunks. Listing the heads of a run in one merged segment is one search in a tree (a page or two), or none when they are kept, and about
 * a microsecond per head; reading a chunk is one or two pages and its decoding. Use it within one read transaction.
 */
export class ChunkStore {
  readonly #heads: Statement;
  readonly #parts: Statement;
  readonly #before: Statement;
  readonly #goesOn: Statement;
  readonly #page: Statement;
  readonly #kept = new HeadsCache();

  constructor(db: Sqlite) {
    this.#heads = db.prepare(
      `SELECT run_no AS run, part, heads FROM chunk_heads WHERE chunk_set = ? AND run_no <= ?
         ORDER BY run_no DESC, part DESC LIMIT 1`,
    );
    this.#parts = db.prepare(
      "SELECT run_no AS run, part, heads FROM chunk_heads WHERE chunk_set = ? AND run_no = ? ORDER BY part",
    );
    this.#before = db
      .prepare(
        "SELECT heads FROM chunk_heads WHERE chunk_set = ? AND run_no < ? ORDER BY run_no DESC, part DESC LIMIT 1",
      )
      .pluck();
    this.#goesOn = db.prepare("SELECT 1 FROM chunk_heads WHERE chunk_set = ? AND run_no = ? AND part > 0");
    this.#page = db.prepare("SELECT substr(data, ?, ?) FROM chunk_pages WHERE page = ?").pluck();
  }

  /** The run's chunks, ascending by sequence number; none when it has none. */
  chunksOf({ chunkSet, firstPage }: ChunkSet, run: number): StoredChunk[] {
    const chunks: StoredChunk[] = [];
    for (const row of this.#rowsOf(chunkSet, run)) {
      const reader = new HeadsRowReader(row);
      for (let current = reader.next(); current >= 0 && current <= run; current = reader.next()) {
        if (current === run) chunks.push(...placed(reader.read(), firstPage));
      }
    }
    return chunks;
  }

  /** The rows that may have heads of the run: most often one, which it shares with others. */
  #rowsOf(chunkSet: number, run: number): Uint8Array[] {
    const kept = this.#kept.find(chunkSet, run);
    if (kept !== undefined) return [kept];
    const last = this.#heads.get(chunkSet, run) as HeadsRow | undefined;
    if (last === undefined) return [];
    if (last.part > 0) return last.run === run ? this.#allPartsOf(chunkSet, run) : [last.heads];
    const lastRun = lastRunOf(last.heads);
    // in sets written before that was avoided, the last run may go on in the next row
    if (this.#goesOn.get(chunkSet, lastRun) === undefined)
      this.#kept.add(chunkSet, last.run, lastRun, last.heads);
    return [last.heads];
  }

  /** The rows of a run that has several. */
  #allPartsOf(chunkSet: number, run: number): Uint8Array[] {
    const rows = this.#parts.all(chunkSet, run) as HeadsRow[];
    const heads = rows.map((row) => row.heads);
    // as above: it begins in the row before
    if (rows[0]!.part === 0) return heads;
    const before = this.#before.get(chunkSet, run) as Buffer | undefined;
    if (before === undefined) throw new SegmentCorruptError("a row of chunk heads is missing");
    return [before, ...heads];
  }

  /** The datagrams of a chunk, ascending by sequence number. @param into - columns to use again @throws SegmentCorruptError */
  read(chunk: StoredChunk, into: GrowingColumns): RunColumns {
    return decodeChunk(this.#bytes(chunk.firstPage, chunk.dataFrom, chunk.bytes + CRC_BYTES), chunk, into);
  }

  #bytes(firstPage: number, from: number, length: number): Uint8Array {
    const first = Math.floor(from / CHUNK_PAGE_BYTES);
    const start = from - first * CHUNK_PAGE_BYTES;
    if (start + length <= CHUNK_PAGE_BYTES) return this.#readPage(firstPage + first, start, length);
    const bytes = new Uint8Array(length);
    for (let at = 0, page = first; at < length; page++) {
      const data = this.#readPage(firstPage + page, page === first ? start : 0, length - at);
      bytes.set(data, at);
      if (data.length === 0) throw new SegmentCorruptError("a chunk is cut off");
      at += data.length;
    }
    return bytes;
  }

  /** At most `length` bytes of a page from `start` on. */
  #readPage(page: number, start: number, length: number): Uint8Array {
    const data = this.#page.get(start + 1, length, page);
    if (data === undefined) throw new SegmentCorruptError(`page ${page} of a chunk set is missing`);
    return storedBytes(data);
  }
}

const placed = ({ heads, dataFrom }: RunHeads, firstPage: number): StoredChunk[] => {
  let at = dataFrom;
  return heads.map((head) => {
    const chunk = { ...head, firstPage, dataFrom: at };
    at += head.bytes + CRC_BYTES;
    return chunk;
  });
};

/** Decode a chunk's block. @param bytes - the block and its CRC; @param into - columns to use again */
export const decodeChunk = (bytes: Uint8Array, head: ChunkHead, into: GrowingColumns): RunColumns => {
  checkChunk(bytes, head);
  return decodeBlock(new ByteReader(bytes, 0, head.bytes), head.datagrams, head.firstTimeUs, true, into);
};

/** Compare a chunk's block with its checksum. @param bytes - the block and its CRC @throws SegmentCorruptError */
export const checkChunk = (bytes: Uint8Array, head: ChunkHead): void => {
  if (bytes.length !== head.bytes + CRC_BYTES) throw new SegmentCorruptError("a chunk is cut off");
  if (!isSound(bytes, 0, head.bytes)) throw new SegmentCorruptError("a chunk is damaged");
};
