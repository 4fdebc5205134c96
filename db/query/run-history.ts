import { type ChunkSet, ChunkStore } from "../chunk/chunk-store.ts";
import { inSegment, SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { eachRun } from "../segment/directory.ts";
import type { SegmentReader } from "../segment/segment-reader.ts";

interface SegmentRow extends ChunkSet {
  segment: number;
  bytes: number;
}

/** The last number of each run that is in a segment, and what it cost to read. */
interface Looked {
  bytes: number;
  last: ReadonlyMap<number, number>;
}

const MOST_SEGMENTS = 300;
/** What one search reads at most; the heads of a run in a merged segment count as a page. */
const MOST_BYTES = 2 * 2 ** 20;
const PAGE_BYTES = 8192;

/** Looks back for how far runs had come before some flush. */
export class RunHistory {
  readonly #segments: Statement;
  readonly #directory: Statement;
  readonly #late: Statement;
  readonly #chunks: ChunkStore;
  readonly #read: (flush: number) => SegmentReader | undefined;

  /** @param read - a flush that is not merged */
  constructor(db: Sqlite, read: (flush: number) => SegmentReader | undefined) {
    this.#segments = db.prepare(
      `SELECT segment, chunk_set AS chunkSet, first_page AS firstPage, bytes FROM segments WHERE segment < ?
         ORDER BY segment DESC LIMIT ${MOST_SEGMENTS}`,
    );
    this.#directory = db.prepare("SELECT directory FROM flushes WHERE flush = ?").pluck();
    this.#late = db.prepare("SELECT run_no FROM late_segments WHERE segment = ?").pluck();
    this.#chunks = new ChunkStore(db);
    this.#read = read;
  }

  /**
   * The greatest number each run brought before a flush; of a run that is left out nothing was found in reasonable time. Segments with later
   * flushes in them are not looked at: numbers of these could not be told apart. Call it inside one read transaction.
   */
  greatestBefore(runs: readonly number[], flush: number): Map<number, number> {
    const greatest = new Map<number, number>();
    const sought = new Set(runs);
    let readBytes = 0;
    for (const row of this.#segments.all(flush) as SegmentRow[]) {
      if (sought.size === 0 || readBytes > MOST_BYTES) break;
      const looked = this.#look(row, sought);
      // what lies behind damage may be below what is in it
      if (looked === null) break;
      const { bytes, last } = looked;
      readBytes += bytes;
      const late = new Set(last.size === 0 ? [] : (this.#late.all(row.segment) as number[]));
      for (const [run, sequence] of last) {
        greatest.set(run, Math.max(sequence, greatest.get(run) ?? -1));
        // else it may be below what came before it
        if (!late.has(run)) sought.delete(run);
      }
    }
    return greatest;
  }

  /** @returns null for a damaged segment */
  #look(row: SegmentRow, runs: ReadonlySet<number>): Looked | null {
    try {
      return inSegment(row.segment, () =>
        row.chunkSet > 0 ? this.#lastInMerged(row, runs) : this.#lastInFlush(row, runs),
      );
    } catch (error) {
      if (error instanceof SegmentCorruptError) return null;
      throw error;
    }
  }

  #lastInMerged(row: SegmentRow, runs: ReadonlySet<number>): Looked {
    const last = new Map<number, number>();
    let bytes = 0;
    for (const run of runs) {
      if (bytes > MOST_BYTES) break;
      bytes += PAGE_BYTES;
      const chunk = this.#chunks.chunksOf(row, run).at(-1);
      if (chunk !== undefined) last.set(run, chunk.lastSequence);
    }
    return { bytes, last };
  }

  #lastInFlush({ segment, bytes }: SegmentRow, runs: ReadonlySet<number>): Looked {
    const directory = this.#directory.get(segment) as Buffer;
    const last = new Map<number, number>();
    const found: number[] = [];
    eachRun(directory, (run) => {
      if (runs.has(run)) found.push(run);
    });
    const reader = found.length === 0 ? undefined : this.#read(segment);
    for (const run of found) {
      const sequence = reader?.readRun(run)?.sequence.at(-1);
      if (sequence !== undefined) last.set(run, sequence);
    }
    return { bytes: reader === undefined ? directory.length : bytes, last };
  }
}
