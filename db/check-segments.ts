import { inSegment, SegmentCorruptError } from "./codec/corrupt.ts";
import { eachRun } from "./directory.ts";
import { checkChunks } from "./merge/merge-input.ts";
import type { Sqlite } from "./open.ts";
import { SegmentReader } from "./segment/segment-reader.ts";

interface Row {
  segment: number;
  level: number;
  chunkSet: number;
  firstPage: number;
}

/**
 * Compare all that is stored of readings with its checksums; nothing is decoded, a gigabyte takes seconds.
 * @returns of each segment that is damaged the first thing that is wrong with it, as a sentence
 */
export const damagedSegments = (db: Sqlite): string[] => {
  const rows = db
    .prepare(
      "SELECT segment, level, chunk_set AS chunkSet, first_page AS firstPage FROM segments ORDER BY segment",
    )
    .all() as Row[];
  const flushed = db.prepare("SELECT directory, data FROM flushes WHERE flush = ?");
  const damaged: string[] = [];
  for (const { segment, level, chunkSet, firstPage } of rows) {
    try {
      inSegment(segment, () => {
        if (level > 0) return checkChunks(db, chunkSet, firstPage);
        const { directory, data } = flushed.get(segment) as { directory: Buffer; data: Buffer };
        eachRun(directory, () => {});
        new SegmentReader(data).check();
      });
    } catch (error) {
      if (!(error instanceof SegmentCorruptError)) throw error;
      damaged.push(error.message);
    }
  }
  return damaged;
};
