import { SegmentCorruptError } from "../codec/corrupt.ts";
import { type PackedRuns, unpackRuns } from "../view/packed-runs.ts";
import { hasPlace, type PlaceSet } from "../view/place-set.ts";
import type { Piece, Pieces } from "./pieces.ts";

export interface ChannelsRequest {
  runs: PackedRuns;
  /** the channels that are looked for in a run, by what describes it; null = all that neither its epoch describes nor are known */
  lacking: readonly (readonly number[])[] | null;
  known: readonly number[];
  /** the device's different ones */
  descriptions: readonly { place: number; channel: number }[];
}

/** Which of the channels have a reading in a run they are looked for in. @throws LacunaError `ERR_QUERY_TIMEOUT`, `ERR_QUERY_TOO_LARGE` */
export const queryChannels = (pieces: Pieces, request: ChannelsRequest): number[] => {
  const found = new Set<number>();
  const { runs, lacking } = request;
  for (const [at, run] of unpackRuns(runs).entries()) {
    const channels = lacking?.[runs.described[at]!];
    const wanted = channels === undefined ? null : new Set(channels.filter((each) => !found.has(each)));
    if (wanted?.size === 0) continue;
    const passedOver = wanted === null ? passedOverIn(run.places, request) : new Set<number>();
    for (const piece of pieces.of(run, { fromUs: null, toUs: null })) {
      if (wanted?.size === 0) break;
      for (const channel of channelsOf(piece)) {
        const isWanted = wanted === null ? !passedOver.has(channel) : wanted.delete(channel);
        if (isWanted) found.add(channel);
      }
    }
  }
  return [...found];
};

const passedOverIn = (places: PlaceSet, { known, descriptions }: ChannelsRequest): Set<number> => {
  const described = descriptions.filter(({ place }) => hasPlace(places, place));
  return new Set([...known, ...described.map(({ channel }) => channel)]);
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
