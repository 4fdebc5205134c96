import type { ChunkHead } from "./chunk-head.ts";

/** Chunks together. Times in microseconds; no chunk spans from Infinity to 0. */
export type ChunkTotals = Pick<
  ChunkHead,
  "datagrams" | "readings" | "firstTimeUs" | "lastTimeUs" | "firstReadingTimeUs" | "lastReadingTimeUs"
>;

export const noChunks = (): ChunkTotals => ({
  datagrams: 0,
  readings: 0,
  firstTimeUs: Number.POSITIVE_INFINITY,
  lastTimeUs: 0,
  firstReadingTimeUs: Number.POSITIVE_INFINITY,
  lastReadingTimeUs: 0,
});

export const addChunk = (totals: ChunkTotals, head: Readonly<ChunkHead>): void => {
  totals.datagrams += head.datagrams;
  totals.readings += head.readings;
  totals.firstTimeUs = Math.min(totals.firstTimeUs, head.firstTimeUs);
  totals.lastTimeUs = Math.max(totals.lastTimeUs, head.lastTimeUs);
  totals.firstReadingTimeUs = Math.min(totals.firstReadingTimeUs, head.firstReadingTimeUs);
  totals.lastReadingTimeUs = Math.max(totals.lastReadingTimeUs, head.lastReadingTimeUs);
};
