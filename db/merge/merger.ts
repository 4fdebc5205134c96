import { crc32 } from "node:zlib";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { firstPassing } from "../../common/first-passing.ts";
import type { ChunkHead } from "../chunk/chunk-head.ts";
import { PageWriter } from "../chunk/chunk-pages.ts";
import { addChunk, noChunks } from "../chunk/chunk-totals.ts";
import { HeadsWriter } from "../chunk/heads-row.ts";
import { summarize } from "../chunk/summarize.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { isDamage, orUnreadable } from "../file/damage.ts";
import type { Sqlite } from "../file/open.ts";
import { encodeBlock } from "../segment/block.ts";
import type { DatagramColumns } from "../segment/columns.ts";
import { GatheredRun } from "./gathered-run.ts";
import { BlobInput, ChunkInput, type MergeInput, MISSAID } from "./merge-input.ts";
import { CHUNK_READINGS, chunkWeight } from "./merge-policy.ts";
import type { MergeLot, MergeResult, MergeTask, SegmentRow } from "./merge-task.ts";

/** 2 MiB, and the heads of what is in them: what the writer inserts in one transaction of its own */
const LOT_PAGES = 256;

/** A segment that cannot be merged, now or later. */
export class DamagedInputError extends SegmentCorruptError {
  readonly segment: number;

  constructor(segment: number, cause: unknown) {
    super(`segment ${segment} of the database is damaged: ${messageOf(cause)}`, { cause });
    this.segment = segment;
  }
}

/** Builds merged segments: the chunks of each run one after the other. Only reads; keeps its scratch memory. */
export class Merger {
  readonly #db: Sqlite;
  readonly #chunkReadings: number;
  readonly #lotPages: number;
  readonly #gathered = new GatheredRun();
  readonly #block = new ByteWriter(1 << 14);

  constructor(db: Sqlite, chunkReadings = CHUNK_READINGS, lotPages = LOT_PAGES) {
    this.#db = db;
    this.#lotPages = lotPages;
    this.#chunkReadings = chunkReadings;
  }

  /**
   * Merge segments; what is complete comes in lots, the last one with the result. They belong to the caller.
   * @throws DamagedInputError, or LacunaError `ERR_MERGE_INPUT_GONE` when retention removed one of them meanwhile
   */
  *merge({ inputs: rows }: MergeTask): Generator<MergeLot, MergeResult> {
    const sources = rows.map((row) => this.#inSegment(row, () => this.#open(row)));
    const output = new Output(originOf(this.#db, rows), this.#block, this.#chunkReadings, this.#lotPages);
    for (;;) {
      const run = lowestRun(sources);
      if (run === Number.POSITIVE_INFINITY) break;
      const { lowestAhead, isUnsequenced } = this.#gather(sources, run);
      yield* output.add(run, isUnsequenced, this.#gathered.sorted(), lowestAhead);
    }
    for (const { row, datagrams, readings } of sources) {
      if (datagrams !== row.datagrams || readings !== row.readings)
        throw new DamagedInputError(row.segment, new SegmentCorruptError(MISSAID));
    }
    return output.end();
  }

  #inSegment<T>({ segment }: SegmentRow, read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      const error = orUnreadable(this.#db.name, thrown);
      throw isDamage(error) ? new DamagedInputError(segment, error) : error;
    }
  }

  #open(row: SegmentRow): Source {
    const { segment, chunkSet, firstPage, level } = row;
    const late = this.#db.prepare("SELECT run_no FROM late_segments WHERE segment = ?").pluck().all(segment);
    const lateRuns = new Set(late as number[]);
    const sourceOf = (input: MergeInput): Source => ({
      row,
      datagrams: 0,
      readings: 0,
      input,
      take: () => input.take(this.#gathered),
      lateRuns,
    });
    if (level > 0) return sourceOf(new ChunkInput(this.#db, chunkSet, firstPage));
    const flush = this.#db
      .prepare("SELECT directory, data FROM flushes WHERE flush = ? AND datagrams > 0")
      .get(segment) as { directory: Buffer; data: Buffer } | undefined;
    if (flush === undefined) throw new LacunaError("ERR_MERGE_INPUT_GONE", `segment ${segment} is gone`);
    return sourceOf(new BlobInput(flush.directory, flush.data));
  }

  /** Collect a run from all sources. @returns its lowest number in those that are ahead of all older segments */
  #gather(sources: readonly Source[], run: number): { lowestAhead: number; isUnsequenced: boolean } {
    this.#gathered.reset();
    let lowestAhead = Number.POSITIVE_INFINITY;
    let isUnsequenced = false;
    for (const source of sources) {
      const { row, input, take, lateRuns } = source;
      if (input.run !== run) continue;
      isUnsequenced = input.isUnsequenced;
      const { datagrams, readings } = this.#gathered;
      const lowest = this.#inSegment(row, take);
      source.datagrams += this.#gathered.datagrams - datagrams;
      source.readings += this.#gathered.readings - readings;
      if (lowest < lowestAhead && !lateRuns.has(run)) lowestAhead = lowest;
    }
    return { lowestAhead, isUnsequenced };
  }
}

interface Source {
  row: SegmentRow;
  /** gathered so far, and readings in them */
  datagrams: number;
  readings: number;
  input: MergeInput;
  /** its current run is gathered. @returns the lowest number; made once, since a merge may have very many runs */
  take: () => number;
  /** runs of which it holds numbers below those of older segments */
  lateRuns: ReadonlySet<number>;
}

/** Infinity when all are read */
const lowestRun = (sources: readonly Source[]): number => {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { input } of sources) if (input.run < lowest) lowest = input.run;
  return lowest;
};

/** Times in the heads are written as differences to it: any will do, a near one is short. */
const originOf = (db: Sqlite, [oldest]: readonly SegmentRow[]): number =>
  (db.prepare("SELECT first_time FROM segments WHERE segment = ?").pluck().get(oldest!.segment) as
    | number
    | undefined) ?? 0;

/** A merged segment in the making. */
class Output {
  readonly #pages: PageWriter;
  readonly #heads: HeadsWriter;
  readonly #block: ByteWriter;
  readonly #chunkReadings: number;
  readonly #late: number[] = [];
  readonly #sum = { runs: 0, ...noChunks() };

  constructor(originUs: number, block: ByteWriter, chunkReadings: number, lotPages: number) {
    this.#pages = new PageWriter(lotPages);
    this.#chunkReadings = chunkReadings;
    this.#heads = new HeadsWriter(originUs);
    this.#block = block;
  }

  *add(
    run: number,
    isUnsequenced: boolean,
    columns: DatagramColumns,
    lowestAhead: number,
  ): Generator<MergeLot> {
    const heads: ChunkHead[] = [];
    for (let from = 0, to = 0; from < columns.datagramCount; from = to) {
      to = endOfChunk(columns, from, this.#chunkReadings);
      const head = summarize(columns, from, to);
      const block = this.#encode(columns, from, to, head);
      heads.push(head);
      addChunk(this.#sum, head);
      for (const pages of this.#pages.append(block)) yield { pages, heads: this.#heads.take() };
    }
    this.#heads.add(run, isUnsequenced, heads);
    this.#sum.runs++;
    const lowest = heads[0]!.firstSequence;
    if (lowest < lowestAhead) this.#late.push(run, lowest);
  }

  end(): MergeResult {
    const rest = { pages: this.#pages.rest(), heads: this.#heads.end() };
    return {
      ...this.#sum,
      rest,
      dataBytes: this.#pages.bytes,
      headsBytes: this.#heads.bytes,
      late: this.#late,
    };
  }

  /** Fill in the head's bytes. @returns the block and its CRC, valid until the next call */
  #encode(columns: DatagramColumns, from: number, to: number, head: ChunkHead): Uint8Array {
    const block = this.#block;
    block.reset();
    encodeBlock(block, columns, from, to, head.firstTimeUs, true);
    head.bytes = block.length;
    block.u32(crc32(block.written()));
    return block.written();
  }
}

/** Where the chunk ends that begins at datagram `from`: what is left of the run in parts of one weight. Datagrams are never cut, empty ones count. */
const endOfChunk = (
  { readingStart, datagramCount }: DatagramColumns,
  from: number,
  chunkReadings: number,
): number => {
  const weightAt = (datagram: number): number =>
    Math.max(chunkWeight(datagram, readingStart[datagram]!), datagram);
  const left = weightAt(datagramCount) - weightAt(from);
  const parts = Math.max(1, Math.round(left / chunkReadings));
  if (parts === 1) return datagramCount;
  const end = weightAt(from) + left / parts;
  return firstPassing(from + 1, datagramCount, (datagram) => weightAt(datagram) >= end);
};
