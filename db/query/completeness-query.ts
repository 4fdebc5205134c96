import type { RunSpan } from "../view/run-extents.ts";
import type { AbsentNumbers } from "./absent.ts";
import { countWithin } from "./absent-times.ts";
import type { Piece, Pieces } from "./pieces.ts";
import type { Completeness } from "./query-types.ts";
import type { TimeSpan } from "./run-segments.ts";

const FAR = Number.MAX_SAFE_INTEGER;

/**
 * How complete a span of time is, over numbered runs: received are the numbers whose datagram has a time in it, absent ones lie between
 * their neighbours. Open ends are left to the caller, who knows the ledger.
 */
export const queryCompleteness = (
  pieces: Pieces,
  absent: Pick<AbsentNumbers, "of">,
  runs: readonly RunSpan[],
  time: TimeSpan,
): Omit<Completeness, "unknown"> => {
  const sum = { expected: 0, received: 0, missing: 0, lost: 0 };
  for (const span of runs) {
    for (const piece of pieces.of(span, time)) sum.received += countTimes(piece, time);
    for (const row of absent.of(span.run)) {
      const count = countWithin(row, time.fromUs, time.toUs);
      if (row.state === "lost") sum.lost += count;
      else sum.missing += count;
    }
  }
  sum.expected = sum.received + sum.missing + sum.lost;
  return sum;
};

/** Datagrams of a piece that have a time in the span. */
const countTimes = (piece: Piece, time: TimeSpan): number => {
  const [fromUs, toUs] = [time.fromUs ?? -FAR, time.toUs ?? FAR];
  if (piece.firstTimeUs >= fromUs && piece.lastTimeUs < toUs) return piece.datagrams;
  if (piece.lastTimeUs < fromUs || piece.firstTimeUs >= toUs) return 0;
  const columns = piece.uncounted();
  // how many of them lie in the span nobody can say: who asks is told so
  if (columns === null) return 0;
  let count = 0;
  for (let datagram = 0; datagram < columns.datagramCount; datagram++) {
    const timeUs = columns.datagramTime[datagram]!;
    if (timeUs >= fromUs && timeUs < toUs) count++;
  }
  return count;
};
