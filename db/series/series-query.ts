import type { ChannelSummary } from "../chunk/chunk-head.ts";
import { type AbsentNumbers, LongestGaps, type PlacedGap, placeAbsent } from "../query/absent.ts";
import type { Piece, Pieces } from "../query/pieces.ts";
import type { TimeSpan } from "../query/run-segments.ts";
import { type PackedRuns, unpackRuns } from "../view/packed-runs.ts";
import type { RunSpan } from "../view/run-extents.ts";
import type { FilledNumbers } from "./arrivals.ts";
import { Buckets } from "./buckets.ts";
import { bucketAt, type Division, type Grid, gridOf } from "./grid.ts";
import { type PlacedStart, placeStarts } from "./starts.ts";
import { storedSpanOf } from "./stored-span.ts";

export interface SeriesRun extends RunSpan {
  epoch: number | null;
  index: number;
  isUnsequenced: boolean;
  /** channel numbers that have the wanted name in the run's epoch */
  channels: readonly number[];
}

/** A series query with device and channel names already resolved. */
export interface SeriesRequest extends TimeSpan {
  /** runs of the device, in the order they became known */
  runs: readonly SeriesRun[];
  /** where a span ends that has a start only and nothing stored in it */
  nowUs: number;
  division: Division;
}

/** The same on its way to a reader's thread; how it is divided is told apart. */
export interface PackedSeries extends Omit<SeriesRequest, "runs" | "division"> {
  runs: PackedRuns;
  /** for each set of descriptions of these the channel numbers that have the wanted name where it holds */
  channels: readonly (readonly number[])[];
}

export const unpackSeries = <T extends PackedSeries>({
  runs,
  channels,
  ...request
}: T): Omit<T, "runs" | "channels"> & { runs: SeriesRun[] } => ({
  ...request,
  runs: unpackRuns(runs).map((run, at) => ({ ...run, channels: channels[runs.described[at]!]! })),
});

export interface SeriesFound {
  buckets: Buckets;
  gaps: PlacedGap[];
  /** gaps in the span beyond those listed */
  gapsLeftOut: number;
  starts: PlacedStart[];
  /** starts in the span beyond those listed */
  startsLeftOut: number;
}

/** What the gap rows say of a run: what is absent, and what came in the end. */
export interface GapNumbers {
  absent: Pick<AbsentNumbers, "of">;
  filled: Pick<FilledNumbers, "place">;
}

/** gaps listed at most, the longest ones */
const MOST_GAPS = 1000;

interface RunPieces {
  run: SeriesRun;
  order: number;
  pieces: Piece[];
}

/**
 * Mean, extremes, last value and completeness of a channel, bucket by bucket. Every stored reading of the span is in exactly one bucket, every
 * number too: a received one by its datagram's time, an absent one between its neighbours.
 * @throws LacunaError `ERR_SERIES_STEP` (too many buckets), `ERR_QUERY_TIMEOUT`, `ERR_QUERY_TOO_LARGE`
 */
export const querySeries = (
  pieces: Pick<Pieces, "of">,
  gaps: GapNumbers,
  request: SeriesRequest,
): SeriesFound => {
  const runs: RunPieces[] = request.runs.map((run, order) => ({
    run,
    order,
    pieces: [...pieces.of(run, request)],
  }));
  const isOpen = request.fromUs === null || request.toUs === null;
  const grid = gridOf(request, isOpen ? storedSpanOf(runs.flatMap(({ pieces: own }) => own)) : null);
  const buckets = new Buckets(grid);
  if (grid.count > 0) for (const run of runs) fillRun(buckets, run);
  return { buckets, ...placeGaps(gaps, buckets, runs), ...placeStarts(pieces, grid, request, runs) };
};

const fillRun = (buckets: Buckets, { run, order, pieces }: RunPieces): void => {
  const { grid } = buckets;
  for (const piece of pieces) {
    const datagramBucket = soleBucket(grid, piece.firstTimeUs, piece.lastTimeUs);
    const summaries = summariesOf(piece, run.channels);
    const bucket =
      summaries === null ? null : soleBucket(grid, piece.firstReadingTimeUs, piece.lastReadingTimeUs);
    const needsDatagrams = !run.isUnsequenced && datagramBucket === null;
    if (!run.isUnsequenced && datagramBucket !== null) buckets.received[datagramBucket]! += piece.datagrams;
    if (summaries !== null && bucket !== null) {
      for (const summary of summaries) buckets.addSummary(bucket, summary, order);
    }
    const needsReadings = run.channels.length > 0 && bucket === null && summaries?.length !== 0;
    if (!needsDatagrams && !needsReadings) continue;
    const columns = piece.columns();
    if (needsReadings) buckets.addReadings(columns, run.channels, order);
    if (needsDatagrams) buckets.receive(columns);
  }
};

/** What a piece says of the wanted channels; null when it has to be read for that. */
const summariesOf = (piece: Piece, channels: readonly number[]): ChannelSummary[] | null => {
  if (piece.channels === null) return null;
  const wanted = piece.channels.filter(({ channel }) => channels.includes(channel));
  // a sum that overflowed says nothing
  return wanted.every(({ sum }) => Number.isFinite(sum)) ? wanted : null;
};

/** The bucket in which a whole span of time lies; null when it is not in one. */
const soleBucket = (grid: Grid, firstUs: number, lastUs: number): number | null => {
  if (firstUs < grid.fromUs || lastUs >= grid.toUs) return null;
  const bucket = bucketAt(grid, firstUs);
  return bucketAt(grid, lastUs) === bucket ? bucket : null;
};

const placeGaps = (
  { absent, filled }: GapNumbers,
  buckets: Buckets,
  runs: readonly RunPieces[],
): Pick<SeriesFound, "gaps" | "gapsLeftOut"> => {
  const longest = new LongestGaps(MOST_GAPS);
  if (buckets.grid.count > 0) {
    for (const { run } of runs) {
      for (const row of absent.of(run.run))
        if (placeAbsent(buckets.grid, row, buckets.absent) > 0) longest.add(row);
      filled.place(buckets, run.run);
    }
  }
  return { gaps: longest.list(), gapsLeftOut: longest.leftOut };
};
