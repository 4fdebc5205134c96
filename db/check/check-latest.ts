import { type ChunkSet, ChunkStore, type StoredChunk } from "../chunk/chunk-store.ts";
import type { Sqlite } from "../file/open.ts";
import type { RunColumns } from "../segment/columns.ts";
import { GrowingColumns } from "../segment/growing-columns.ts";
import { SegmentReader } from "../segment/segment-reader.ts";
import type { LatestEntry } from "../view/latest-values.ts";
import type { LedgerState } from "../view/ledger-state.ts";

interface Segment extends ChunkSet {
  segment: number;
  firstSegment: number;
}

/** A run's datagrams around a number in a segment; null when there are none. */
type ReadDatagrams = (run: number, sequence: number) => RunColumns | null;

/**
 * Compare newest values with the datagrams that brought them, as far as these are still stored.
 * @param state - the ledger with all that a replay adds
 * @returns what is wrong, as sentences
 */
export const latestMistakes = (db: Sqlite, state: LedgerState): string[] => {
  const { devices, latest } = state;
  const reading = readerOf(db);
  const segments = db
    .prepare(
      `SELECT segment, first_segment AS firstSegment, chunk_set AS chunkSet, first_page AS firstPage FROM segments
       ORDER BY segment`,
    )
    .all() as Segment[];
  const mistakes: string[] = [];
  let at = 0;
  let read: ReadDatagrams | undefined;
  for (const entry of latest.inOrder(Array.from(devices.slots(), (slot) => devices.latest[slot]!))) {
    for (; at < segments.length && segments[at]!.segment < entry.flush; at++) read = undefined;
    const segment = segments[at];
    if (segment === undefined) break;
    // what brought it is not stored any more
    if (entry.flush < segment.firstSegment) continue;
    read ??= reading(segment);
    const columns = read(entry.run, entry.sequence);
    if (columns === null || !isIn(columns, entry)) mistakes.push(sentenceOf(state, entry));
  }
  return mistakes;
};

const readerOf = (db: Sqlite): ((segment: Segment) => ReadDatagrams) => {
  const data = db.prepare("SELECT data FROM flushes WHERE flush = ?").pluck();
  const chunks = new ChunkStore(db);
  return (segment) => (segment.chunkSet > 0 ? inChunks(chunks, segment) : inFlush(data.get(segment.segment)));
};

const inFlush = (data: unknown): ReadDatagrams => {
  const reader = new SegmentReader(data as Buffer);
  let last: { run: number; columns: RunColumns | null } | undefined;
  return (run) => {
    if (last?.run !== run) last = { run, columns: reader.readRun(run) };
    return last.columns;
  };
};

/** What is read is looked at before another chunk is. */
const decoded = new GrowingColumns();

const inChunks = (chunks: ChunkStore, set: ChunkSet): ReadDatagrams => {
  let last: { run: number; chunks: readonly StoredChunk[] } | undefined;
  let read: { chunk: StoredChunk; columns: RunColumns } | undefined;
  return (run, sequence) => {
    if (last?.run !== run) last = { run, chunks: chunks.chunksOf(set, run) };
    const chunk = last.chunks.find(
      ({ firstSequence, lastSequence }) => firstSequence <= sequence && sequence <= lastSequence,
    );
    if (chunk === undefined) return null;
    if (read?.chunk !== chunk) read = { chunk, columns: chunks.read(chunk, decoded) };
    return read.columns;
  };
};

const isIn = (
  columns: RunColumns,
  { sequence, channel, time, type, value }: Readonly<LatestEntry>,
): boolean => {
  const { readingStart } = columns;
  // behind its datagrams memory that is used again has those of others
  const sequences = columns.sequence.subarray(0, columns.datagramCount);
  for (let datagram = sequences.indexOf(sequence); datagram >= 0; ) {
    for (let at = readingStart[datagram]!; at < readingStart[datagram + 1]!; at++) {
      const isSame = columns.channel[at] === channel && columns.type[at] === type;
      if (isSame && columns.readingTime[at] === time && Object.is(columns.value[at], value)) return true;
    }
    datagram = sequences.indexOf(sequence, datagram + 1);
  }
  return false;
};

const sentenceOf = (
  state: LedgerState,
  { device, channel, run, sequence, flush }: Readonly<LatestEntry>,
): string => {
  const id = state.devices.ids[state.devices.slotOf(device)];
  return `latest: channel ${channel} of device ${id} is not what flush ${flush} brought (run_no ${run}, number ${sequence})`;
};
