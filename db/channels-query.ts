import { SegmentCorruptError } from "./codec/corrupt.ts";
import type { RunSpan } from "./run-segments.ts";
import type { Piece, Pieces } from "./series/pieces.ts";

export interface ChannelsRequest {
  /** each with the channels that are looked for in it */
  runs: readonly (RunSpan & { channels: readonly number[] })[];
}

/** Which of the channels have a reading in a run they are looked for in. @throws LacunaError `ERR_QUERY_TIMEOUT`, `ERR_QUERY_TOO_LARGE` */
export const queryChannels = (pieces: Pieces, { runs }: ChannelsRequest): number[] => {
  const found = new Set<number>();
  for (const run of runs) {
    const wanted = new Set(run.channels.filter((channel) => !found.has(channel)));
    for (const piece of pieces.of(run, { fromUs: null, toUs: null })) {
      if (wanted.size === 0) break;
      for (const channel of channelsOf(piece)) if (wanted.delete(channel)) found.add(channel);
    }
  }
  return [...found];
};

const channelsOf = (piece: Piece): Iterable<number> => {
  if (piece.channels !== null) return piece.channels.map(({ channel }) => channel);
  try {
    const { channel, readingCount } = piece.columns();
    return channel.subarray(0, readingCount);
  } catch (error) {
    // who asks for readings is told of it, and none of these are among them
    if (error instanceof SegmentCorruptError) return [];
    throw error;
  }
};
