import { type ChunkSet, ChunkStore } from "./chunk/chunk-store.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Sqlite } from "./open.ts";
import type { RunColumns } from "./segment/columns.ts";
import { GrowingColumns } from "./segment/growing-columns.ts";
import { SegmentReader } from "./segment/segment-reader.ts";
import type { LatestEntry } from "./view/latest-values.ts";

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
  const reading = readerOf(db);
  const entries = entriesInOrder(state);
  const segments = db
    .prepare(
      `SELECT segment, first_segment AS firstSegment, chunk_set AS chunkSet, first_page AS firstPage FROM segments
       ORDER BY segment`,
    )
    .all() as Segment[];
  const mistakes: string[] = [];
  let next = 0;
  for (const segment of segments) {
    // what brought those before is not stored any more
    while (next < entries.length && entries[next]!.flush < segment.firstSegment) next++;
    const read = reading(segment);
    for (; next < entries.length && entries[next]!.flush <= segment.segment; next++) {
      const entry = entries[next]!;
      const columns = read(entry.run, entry.sequence);
      if (columns === null || !isIn(columns, entry)) mistakes.push(sentenceOf(state, entry));
    }
  }
  return mistakes;
};

/** Ascending by the flush that brought them, then by run. */
const entriesInOrder = ({ devices, latest }: LedgerState): LatestEntry[] => {
  const entries: LatestEntry[] = [];
  for (const slot of devices.slots()) entries.push(...latest.list(devices.latest[slot]!));
  return entries.sort((one, other) => one.flush - other.flush || one.run - other.run);
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

/** What is read is looked at before the next is. */
const decoded = new GrowingColumns();

const inChunks =
  (chunks: ChunkStore, set: ChunkSet): ReadDatagrams =>
  (run, sequence) => {
    const chunk = chunks
      .chunksOf(set, run)
      .find(({ firstSequence, lastSequence }) => firstSequence <= sequence && sequence <= lastSequence);
    return chunk === undefined ? null : chunks.read(chunk, decoded);
  };

const isIn = (columns: RunColumns, { sequence, channel, time, type, value }: LatestEntry): boolean => {
  const { readingStart } = columns;
  for (let datagram = columns.sequence.indexOf(sequence); datagram >= 0; ) {
    for (let at = readingStart[datagram]!; at < readingStart[datagram + 1]!; at++) {
      const isSame = columns.channel[at] === channel && columns.type[at] === type;
      if (isSame && columns.readingTime[at] === time && Object.is(columns.value[at], value)) return true;
    }
    datagram = columns.sequence.indexOf(sequence, datagram + 1);
  }
  return false;
};

const sentenceOf = (state: LedgerState, { device, channel, run, sequence, flush }: LatestEntry): string => {
  const id = state.devices.ids[state.devices.slotOf(device)];
  return `latest: channel ${channel} of device ${id} is not what flush ${flush} brought (run_no ${run}, number ${sequence})`;
};
