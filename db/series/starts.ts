import { SegmentCorruptError } from "../codec/corrupt.ts";
import type { Piece, Pieces } from "../query/pieces.ts";
import type { TimeSpan } from "../query/run-segments.ts";
import type { RunSpan } from "../view/run-extents.ts";
import type { Grid } from "./grid.ts";
import { firstTimeOf } from "./stored-span.ts";

/** Where a run begins: the first time of a datagram or a reading of it. */
export interface PlacedStart {
  run: number;
  atUs: number;
}

/** starts listed at most: a chart has no more pixels */
const MOST_STARTS = 1000;

/**
 * Runs that begin in the span, by time. A run that is not listed began elsewhere, or nobody knows where: its beginning was removed or is damaged, or its
 * datagrams have no numbers, so that nothing tells when the sender began anew.
 */
export const placeStarts = (
  pieces: Pick<Pieces, "of">,
  grid: Grid,
  { fromUs }: TimeSpan,
  runs: readonly { run: RunSpan & { isUnsequenced: boolean }; pieces: readonly Piece[] }[],
): { starts: PlacedStart[]; startsLeftOut: number } => {
  const starts: PlacedStart[] = [];
  for (const { run, pieces: within } of runs) {
    if (within.length === 0 || run.isUnsequenced || run.firstArrivalUs === null) continue;
    const atUs = unlessDamaged(() => {
      const firstUs = firstTimeOf(within);
      if (!(firstUs >= grid.fromUs && firstUs < grid.toUs)) return null;
      return fromUs !== null && beganBefore(pieces, run, fromUs) ? null : firstUs;
    });
    if (atUs !== null) starts.push({ run: run.run, atUs });
  }
  starts.sort((a, b) => a.atUs - b.atUs || a.run - b.run);
  const listed = thinned(starts, MOST_STARTS);
  return { starts: listed, startsLeftOut: starts.length - listed.length };
};

/** What is absent from a chart must not keep it from being drawn. */
const unlessDamaged = (find: () => number | null): number | null => {
  try {
    return find();
  } catch (error) {
    if (error instanceof SegmentCorruptError) return null;
    throw error;
  }
};

const beganBefore = (pieces: Pick<Pieces, "of">, run: RunSpan, beforeUs: number): boolean => {
  for (const piece of pieces.of(run, { fromUs: null, toUs: beforeUs }))
    if (firstTimeOf([piece]) < beforeUs) return true;
  return false;
};

/** At most so many of them, from all over the list: the first ones would look like all there are. The last one is among them: of starts it is what holds now. */
const thinned = <T>(items: readonly T[], most: number): T[] =>
  items.length <= most
    ? [...items]
    : Array.from({ length: most }, (_, index) => items[Math.ceil(((index + 1) * items.length) / most) - 1]!);
