import { memoryToRead } from "../segment/segment-head.ts";
import type { SegmentRow } from "./merge-task.ts";

/** When segments are merged, and how large what becomes of them may be. */
export interface MergePolicy {
  /** Readings of a chunk, more or less, as `chunkWeight` counts them: larger ones hardly save bytes, and cost more to read a few readings of. */
  chunkReadings: number;
  /**
   * Flushes are merged that many at once, or as soon as reading them takes that much memory: with 1,000 devices and 50,000 readings a second
   * their chunks are nearly full then, and nothing is written a third time. Twice as many are waited for where that makes the difference.
   */
  flushesAtOnce: number;
  flushMemoryAtOnce: number;
  /** The same while their chunks would be short: with 100,000 devices a flush holds a reading or two of each, and each merge rewrites all of them. */
  shortFlushMemoryAtOnce: number;
  /**
   * The newest flushes stay as they are for a while, if they are that small together: a client of the live feed that comes again is told from
   * them what it missed.
   */
  keptUs: number;
  keptBytes: number;
  /** Merged segments of one level whose chunks are still short are merged that many at once. */
  segmentsAtOnce: number;
  /** of a merged segment, which retention removes as a whole */
  maxBytes: number;
  /** arrivals in a merged segment lie at most that far apart, microseconds */
  maxSpanUs: number;
}

export const CHUNK_READINGS = 1000;
/** of a datagram, at most: the head of a chunk costs something for each channel, so that it must be the head of some datagrams */
const MOST_COUNTED = 16;
const MAX_SEGMENT_BYTES = 64 * 2 ** 20;
/** a merged segment is at most that part of what retention keeps */
const RETAINED_PARTS = 20;
/** What flushes are merged onto holds at most that share of their readings: what a stop leaves behind must not stay small for ever. */
const TAIL_SHARE = 0.25;
/** a run's readings in chunks: from that part of a full one on, writing them once more is not worth it */
const FULL_SHARE = 0.5;
const MAX_LEVEL = 7;

/** What datagrams of a run count for in chunks: their readings, but no more than 16 for each. */
export const chunkWeight = (datagrams: number, readings: number): number =>
  Math.min(readings, MOST_COUNTED * datagrams);

/** @param retentionMs, maxBytes - what retention keeps; null = no bound */
export const mergePolicy = (retentionMs: number | null, maxBytes: number | null): MergePolicy => ({
  chunkReadings: CHUNK_READINGS,
  flushesAtOnce: 64,
  flushMemoryAtOnce: 8 * 2 ** 20,
  shortFlushMemoryAtOnce: 24 * 2 ** 20,
  keptUs: 60_000_000,
  keptBytes: 2 ** 20,
  segmentsAtOnce: 8,
  maxBytes: Math.min(MAX_SEGMENT_BYTES, (maxBytes ?? Number.POSITIVE_INFINITY) / RETAINED_PARTS),
  maxSpanUs: ((retentionMs ?? Number.POSITIVE_INFINITY) * 1000) / RETAINED_PARTS,
});

/** Whether a merged segment stays as it is from now on. */
export const isSettled = (row: SegmentRow, policy: MergePolicy): boolean =>
  row.level >= MAX_LEVEL ||
  fullness(row, policy) >= 1 ||
  row.bytes * 2 > policy.maxBytes ||
  spanOf(row, row) * 2 > policy.maxSpanUs;

/**
 * What to merge next: neighbours only, so that segments stay in the order of arrival; null for nothing.
 * @param unsettled - all that may be merged, oldest first
 * @param isStopping - the last flushes too, however few
 */
export const chooseMerge = (
  unsettled: readonly SegmentRow[],
  policy: MergePolicy,
  isStopping: boolean,
): readonly SegmentRow[] | null => {
  const groups = groupByLevel(unsettled);
  for (const [index, group] of groups.entries()) {
    const next = groups[index + 1]?.[0];
    // nothing will be added to it any more
    const isClosed = next !== undefined && (next.followsSettled || next.level >= group[0]!.level);
    for (let from = 0; from < group.length; from++) {
      const chosen = fitting(group, from, policy);
      const isAll = from + chosen.length === group.length;
      if (isDue(chosen, !isAll || isClosed, policy, isStopping)) {
        const before = group[0]!.level === 0 && from === 0 ? groups[index - 1] : undefined;
        return withTail(chosen, before, policy);
      }
      // what lies further on is a part of it
      if (isAll) break;
    }
  }
  return null;
};

/** Without the newest flushes, as far as the policy keeps them. @param rows - oldest first */
export const withoutKept = (rows: readonly SegmentRow[], policy: MergePolicy): readonly SegmentRow[] => {
  const newestUs = rows.at(-1)?.committedAtUs ?? 0;
  let end = rows.length;
  for (let bytes = 0; end > 0; end--) {
    const row = rows[end - 1]!;
    bytes += row.bytes;
    if (row.level > 0 || bytes > policy.keptBytes || newestUs - row.committedAtUs > policy.keptUs) break;
  }
  return rows.slice(0, end);
};

/** @param isCut - more of its level exists or will never come, so that waiting brings nothing */
const isDue = (
  chosen: readonly SegmentRow[],
  isCut: boolean,
  policy: MergePolicy,
  isStopping: boolean,
): boolean => {
  if (chosen[0]!.level === 0) return isCut || isStopping || areEnough(chosen.reduce(withFlush, NONE), policy);
  return chosen.length === policy.segmentsAtOnce || (isCut && chosen.length > 1);
};

/** Flushes that need not wait for more: enough of them, unless up to as many again would fill the chunks well enough to settle. */
const areEnough = (flushes: Flushes, { flushesAtOnce, ...policy }: MergePolicy): boolean => {
  const { count } = flushes;
  if (count < flushesAtOnce || count >= 2 * flushesAtOnce) return count >= flushesAtOnce;
  const share = fullness(flushes, policy);
  return share >= 1 || share * 2 * flushesAtOnce < count;
};

/** Neighbouring flushes: how many, what they hold together, and the most runs one has. */
interface Flushes {
  count: number;
  datagrams: number;
  readings: number;
  runs: number;
}

const NONE: Flushes = { count: 0, datagrams: 0, readings: 0, runs: 0 };

const withFlush = ({ count, datagrams, readings, runs }: Flushes, row: SegmentRow): Flushes => ({
  count: count + 1,
  datagrams: datagrams + row.datagrams,
  readings: readings + row.readings,
  runs: Math.max(runs, row.runs),
});

/** How full chunks are, or will be: from 1 on they are not written once more. */
const fullness = (
  { runs, datagrams, readings }: Pick<SegmentRow, "runs" | "datagrams" | "readings">,
  { chunkReadings }: Pick<MergePolicy, "chunkReadings">,
): number => chunkWeight(datagrams, readings) / (chunkReadings * FULL_SHARE * runs);

/** Neighbours of one level. */
const groupByLevel = (unsettled: readonly SegmentRow[]): SegmentRow[][] => {
  const groups: SegmentRow[][] = [];
  for (const row of unsettled) {
    const group = groups.at(-1);
    if (group?.[0]?.level === row.level && !row.followsSettled) group.push(row);
    else groups.push([row]);
  }
  return groups;
};

/** As many from `from` on as may become one segment; one at least. */
const fitting = (group: readonly SegmentRow[], from: number, policy: MergePolicy): readonly SegmentRow[] => {
  const isFlushes = group[0]!.level === 0;
  let to = from + 1;
  let bytes = group[from]!.bytes;
  let memory = isFlushes ? memoryToRead(group[from]!) : 0;
  let sum = withFlush(NONE, group[from]!);
  for (; to < group.length; to++) {
    if (isFlushes ? areEnough(sum, policy) : to - from === policy.segmentsAtOnce) break;
    sum = withFlush(sum, group[to]!);
    bytes += group[to]!.bytes;
    if (isFlushes) memory += memoryToRead(group[to]!);
    // two of them are merged however much they take: one alone would only be written again
    const mostMemory = fullness(sum, policy) >= 1 ? policy.flushMemoryAtOnce : policy.shortFlushMemoryAtOnce;
    if (bytes > policy.maxBytes || (memory > mostMemory && to - from > 1)) break;
    if (spanOf(group[from]!, group[to]!) > policy.maxSpanUs) break;
  }
  return group.slice(from, to);
};

const spanOf = (first: SegmentRow, last: SegmentRow): number => last.lastArrivalUs - first.firstArrivalUs;

/** With what lies before the chosen flushes, as far as it is small. */
const withTail = (
  chosen: readonly SegmentRow[],
  before: readonly SegmentRow[] | undefined,
  policy: MergePolicy,
): readonly SegmentRow[] => {
  const tail = before?.at(-1);
  if (tail === undefined || chosen[0]!.followsSettled) return chosen;
  const readings = chosen.reduce((sum, row) => sum + row.readings, 0);
  const isSmall = tail.readings <= readings * TAIL_SHARE;
  return isSmall && spanOf(tail, chosen.at(-1)!) <= policy.maxSpanUs ? [tail, ...chosen] : chosen;
};
