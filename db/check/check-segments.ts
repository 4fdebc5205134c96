import { pagesOf } from "../chunk/chunk-pages.ts";
import { addChunk, noChunks } from "../chunk/chunk-totals.ts";
import { CRC_BYTES } from "../codec/checksum.ts";
import { inSegment, SegmentCorruptError } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";
import { checkChunks, MISSAID } from "../merge/merge-input.ts";
import type { SegmentSummary } from "../segment/columns.ts";
import { eachRun } from "../segment/directory.ts";
import { SegmentReader } from "../segment/segment-reader.ts";
import type { RunInSegment, StoredRuns } from "./stored-runs.ts";

/** What is said of it is that by which queries choose it. */
interface Row extends SegmentSummary {
  segment: number;
  firstSegment: number;
  level: number;
  chunkSet: number;
  firstPage: number;
  pages: number;
}

const COLUMNS = `segment, first_segment AS firstSegment, level, chunk_set AS chunkSet, first_page AS firstPage, pages, runs, datagrams, readings, first_time AS firstTimeUs, last_time AS lastTimeUs,
  first_reading_time AS firstReadingTimeUs, last_reading_time AS lastReadingTimeUs, first_arrival AS firstArrivalUs, last_arrival AS lastArrivalUs`;

/**
 * Compare all that is stored of readings with its checksums, and with what is said of it beside; of flushes the numbers are decoded, nothing else: a
 * gigabyte takes seconds.
 * @param stored - is told what each segment has of each run
 * @returns of each segment that is damaged the first thing that is wrong with it, as a sentence
 */
export const damagedSegments = (db: Sqlite, stored: StoredRuns): string[] => {
  const rows = db.prepare(`SELECT ${COLUMNS} FROM segments ORDER BY segment`).all() as Row[];
  const flushed = db.prepare("SELECT directory, data FROM flushes WHERE flush = ?");
  const reachOf = db.prepare("SELECT reach FROM late_segments WHERE segment = ? AND run_no = ?").pluck();
  const damaged: string[] = [];
  let former = 0;
  for (const row of rows) {
    const { segment, level } = row;
    try {
      inSegment(segment, () => {
        const visit = (held: RunInSegment): void => {
          if (!stored.add(row, held)) return;
          // what a query by number looks at besides
          const reach = reachOf.get(segment, held.run) as number | undefined;
          if (reach === undefined || reach > held.first)
            throw new SegmentCorruptError("late_segments does not say how far it reaches back");
        };
        if (level > 0 !== row.chunkSet > 0) throw new SegmentCorruptError(MISSAID);
        const held =
          level > 0
            ? checkMerged(db, row, visit)
            : checkFlush(flushed.get(segment) as { directory: Buffer; data: Buffer }, visit);
        const isInPlace = row.firstSegment > former && row.firstSegment <= segment;
        if (!isInPlace || !isSaid(row, held)) throw new SegmentCorruptError(MISSAID);
      });
    } catch (error) {
      if (!(error instanceof SegmentCorruptError)) throw error;
      damaged.push(error.message);
    }
    former = segment;
  }
  return damaged;
};

type Visit = (held: RunInSegment) => void;

const checkFlush = (
  { directory, data }: { directory: Buffer; data: Buffer },
  visit: Visit,
): SegmentSummary => {
  const reader = new SegmentReader(data);
  const unsequenced = new Set<number>();
  let runs = 0;
  eachRun(directory, (run, datagrams, isUnsequenced) => {
    runs += Number(datagrams > 0 && reader.datagramsOf(run) === datagrams);
    if (isUnsequenced) unsequenced.add(run);
  });
  if (runs !== reader.summary.runs) throw new SegmentCorruptError("its directory is damaged");
  reader.check((run, datagrams, first, last) =>
    visit({ run, datagrams, isUnsequenced: unsequenced.has(run), first, last }),
  );
  return reader.summary;
};

const checkMerged = (db: Sqlite, { chunkSet, firstPage, pages }: Row, visit: Visit): SegmentSummary => {
  let bytes = 0;
  const held = { runs: 0, ...noChunks() };
  let last: RunInSegment | undefined;
  // a run with many chunks goes on in the next rows
  checkChunks(db, chunkSet, firstPage, ({ run, isUnsequenced, heads }) => {
    for (const head of heads) {
      addChunk(held, head);
      bytes += head.bytes + CRC_BYTES;
      if (last?.run !== run) {
        if (last !== undefined) visit(last);
        held.runs++;
        last = { run, datagrams: 0, isUnsequenced, first: head.firstSequence, last: 0 };
      }
      last.datagrams += head.datagrams;
      last.last = head.lastSequence;
    }
  });
  if (last !== undefined) visit(last);
  // those behind them, which retention would take with them, are another one's
  if (pages !== pagesOf(bytes)) throw new SegmentCorruptError(MISSAID);
  // arrivals are not known of a chunk
  return { ...held, firstArrivalUs: Number.POSITIVE_INFINITY, lastArrivalUs: Number.NEGATIVE_INFINITY };
};

/** Times may be said to span more: that hides nothing. */
const isSaid = (said: SegmentSummary, held: SegmentSummary): boolean =>
  said.runs === held.runs &&
  said.datagrams === held.datagrams &&
  said.readings === held.readings &&
  said.firstTimeUs <= held.firstTimeUs &&
  said.lastTimeUs >= held.lastTimeUs &&
  said.firstReadingTimeUs <= held.firstReadingTimeUs &&
  said.lastReadingTimeUs >= held.lastReadingTimeUs &&
  said.firstArrivalUs <= held.firstArrivalUs &&
  said.lastArrivalUs >= held.lastArrivalUs;
