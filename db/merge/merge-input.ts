import { checkChunk, decodeChunk } from "../chunk/chunk-store.ts";
import { type HeadsRow, HeadsRowReader, type RunHeads } from "../chunk/heads-row.ts";
import { CRC_BYTES } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";
import { eachRun } from "../segment/directory.ts";
import { GrowingColumns } from "../segment/growing-columns.ts";
import { SegmentReader } from "../segment/segment-reader.ts";
import type { GatheredRun } from "./gathered-run.ts";

/** Why a segment is damaged that is whole in itself. */
export const MISSAID = "its row does not say what it holds";

/** What is decoded is copied at once: all inputs of a thread share the columns. */
const decoded = new GrowingColumns();

/** A segment as a merge reads it: run by run, ascending. */
export interface MergeInput {
  /** the current run; Infinity behind the last one */
  readonly run: number;
  /** its datagrams have no numbers */
  readonly isUnsequenced: boolean;
  /** The current run's datagrams go into `into`, and the next run is the current one. @returns the lowest number */
  take(into: GatheredRun): number;
}

/** A segment of level 0, all of it in memory. */
export class BlobInput implements MergeInput {
  readonly #reader: SegmentReader;
  readonly #unsequenced = new Set<number>();
  #index = 0;

  constructor(directory: Uint8Array, blob: Uint8Array) {
    this.#reader = new SegmentReader(blob);
    eachRun(directory, (run, _, isUnsequenced) => {
      if (isUnsequenced) this.#unsequenced.add(run);
    });
  }

  get run(): number {
    return this.#reader.runNumbers[this.#index] ?? Number.POSITIVE_INFINITY;
  }

  get isUnsequenced(): boolean {
    return this.#unsequenced.has(this.run);
  }

  take(into: GatheredRun): number {
    const { columns, from, to } = this.#reader.locate(this.#index++, decoded);
    into.append(columns, from, to);
    if (this.run === Number.POSITIVE_INFINITY) this.#reader.release();
    return columns.sequence[from]!;
  }
}

/** A merged segment: heads row by row and pages one after the other, each read once. */
export class ChunkInput implements MergeInput {
  readonly #pages: PageStream;
  readonly #rows: Iterator<Uint8Array>;
  #row: HeadsRowReader | null = null;
  run = Number.POSITIVE_INFINITY;

  constructor(db: Sqlite, chunkSet: number, firstPage: number) {
    this.#pages = new PageStream(db, firstPage);
    this.#rows = blobsOf(headsRows(db, chunkSet));
    this.#advance();
  }

  get isUnsequenced(): boolean {
    return this.#row!.isUnsequenced;
  }

  take(into: GatheredRun): number {
    const run = this.run;
    let lowest = Number.POSITIVE_INFINITY;
    // a run with many chunks goes on in the next rows
    while (this.run === run) {
      for (const head of this.#row!.read().heads) {
        into.append(decodeChunk(this.#pages.take(head.bytes + CRC_BYTES), head, decoded));
        lowest = Math.min(lowest, head.firstSequence);
      }
      this.#advance();
    }
    return lowest;
  }

  #advance(): void {
    this.run = this.#row?.next() ?? -1;
    while (this.run < 0) {
      const { value, done } = this.#rows.next();
      if (done === true) {
        this.run = Number.POSITIVE_INFINITY;
        return;
      }
      this.#row = new HeadsRowReader(value);
      this.run = this.#row.next();
    }
  }
}

/**
 * Compare all chunks of a merged segment with their checksums.
 * @param visit - called with each run's heads in turn, as far as one row has them
 * @throws SegmentCorruptError also where rows are not where they were put
 */
export const checkChunks = (
  db: Sqlite,
  chunkSet: number,
  firstPage: number,
  visit: (heads: RunHeads) => void,
): void => {
  const pages = new PageStream(db, firstPage);
  let last = { run: -1, parts: 0 };
  for (const { run, part, heads } of headsRows(db, chunkSet)) {
    const reader = new HeadsRowReader(heads);
    for (let isFirst = true; reader.next() >= 0; isFirst = false) {
      const found = reader.read();
      const parts = found.run === last.run ? last.parts : 0;
      if (isFirst && (found.run !== run || part !== parts))
        throw new SegmentCorruptError("a row of chunk heads is not where it was");
      last = { run: found.run, parts: parts + found.heads.length };
      for (const head of found.heads) checkChunk(pages.take(head.bytes + CRC_BYTES), head);
      visit(found);
    }
  }
};

function* blobsOf(rows: Iterable<HeadsRow>): Generator<Uint8Array> {
  for (const { heads } of rows) yield heads;
}

const ROWS_AT_ONCE = 16;

/** A statement that iterates would hold its snapshot, and with it the write-ahead log, as long as the merge takes. */
function* headsRows(db: Sqlite, chunkSet: number): Generator<HeadsRow> {
  const statement = db.prepare(
    `SELECT run_no AS run, part, heads FROM chunk_heads WHERE chunk_set = ? AND (run_no, part) > (?, ?)
     ORDER BY run_no, part LIMIT ${ROWS_AT_ONCE}`,
  );
  for (let last = { run: -1, part: 0 }; ; ) {
    const rows = statement.all(chunkSet, last.run, last.part) as HeadsRow[];
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) return;
    last = rows.at(-1)!;
  }
}

/** The data of a chunk set from its beginning. */
class PageStream {
  readonly #page;
  #next: number;
  #data: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(db: Sqlite, firstPage: number) {
    this.#page = db.prepare("SELECT data FROM chunk_pages WHERE page = ?").pluck();
    this.#next = firstPage;
  }

  /** The next `length` bytes; fewer at the end. */
  take(length: number): Uint8Array {
    if (this.#at + length <= this.#data.length) {
      this.#at += length;
      return this.#data.subarray(this.#at - length, this.#at);
    }
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (;;) {
      const part = this.#data.subarray(this.#at, this.#at + length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#at += part.length;
      if (filled === length) return bytes;
      const data = this.#page.get(this.#next++);
      if (data === undefined) return bytes.subarray(0, filled);
      this.#data = storedBytes(data);
      this.#at = 0;
    }
  }
}
