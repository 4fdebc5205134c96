import type { Piece } from "../query/pieces.ts";
import type { StoredSpan } from "./grid.ts";

/** From the first to the last time of a datagram or a reading of some pieces; reads only the outermost ones. Null when there are none. */
export const storedSpanOf = (pieces: readonly Piece[]): StoredSpan | null => {
  const spans = pieces.map(spanOf);
  let firstUs = Number.POSITIVE_INFINITY;
  let lastUs = Number.NEGATIVE_INFINITY;
  const include = (piece: Piece, span: StoredSpan): void => {
    const own = piece.isExact ? span : ownSpan(piece);
    firstUs = Math.min(firstUs, own.firstUs);
    lastUs = Math.max(lastUs, own.lastUs);
  };
  spans.sort((a, b) => a.span.firstUs - b.span.firstUs);
  for (const { piece, span } of spans) if (span.firstUs < firstUs) include(piece, span);
  spans.sort((a, b) => b.span.lastUs - a.span.lastUs);
  for (const { piece, span } of spans) if (span.lastUs > lastUs) include(piece, span);
  return lastUs < firstUs ? null : { firstUs, lastUs };
};

/** The first time of a datagram or a reading of some pieces; reads only the outermost ones. Infinity when there are none. */
export const firstTimeOf = (pieces: readonly Piece[]): number => {
  let firstUs = Number.POSITIVE_INFINITY;
  for (const { piece, span } of pieces.map(spanOf).sort((a, b) => a.span.firstUs - b.span.firstUs))
    if (span.firstUs < firstUs)
      firstUs = Math.min(firstUs, piece.isExact ? span.firstUs : ownSpan(piece).firstUs);
  return firstUs;
};

/** As far as it is known without reading. */
const spanOf = (piece: Piece): { piece: Piece; span: StoredSpan } => ({
  piece,
  span: {
    firstUs: Math.min(piece.firstTimeUs, piece.firstReadingTimeUs),
    lastUs: Math.max(piece.lastTimeUs, piece.lastReadingTimeUs),
  },
});

const ownSpan = (piece: Piece): StoredSpan => {
  let firstUs = Number.POSITIVE_INFINITY;
  let lastUs = Number.NEGATIVE_INFINITY;
  const include = (times: Float64Array, count: number): void => {
    for (let at = 0; at < count; at++) {
      const timeUs = times[at]!;
      if (timeUs < firstUs) firstUs = timeUs;
      if (timeUs > lastUs) lastUs = timeUs;
    }
  };
  const columns = piece.columns();
  include(columns.datagramTime, columns.datagramCount);
  include(columns.readingTime, columns.readingCount);
  return { firstUs, lastUs };
};
