import type { PlaceSet } from "./place-set.ts";
import type { RunSpan } from "./run-extents.ts";

/** A run whose readings may be asked for, and what its channels are called. */
export interface NamedRun extends RunSpan {
  epoch: number | null;
  index: number;
  isUnsequenced: boolean;
  /** of the descriptions that hold in its epoch */
  places: PlaceSet;
}

/**
 * The runs of a device on their way to a reader's thread, a column for each thing that is said of them, in the order they became known. A device may have very
 * many: to make an object of each and to copy it takes the main thread 2 us.
 */
export interface PackedRuns {
  run: Float64Array;
  /** NaN = null */
  epoch: Float64Array;
  index: Float64Array;
  /** 0 or 1 */
  isUnsequenced: Uint8Array;
  /** NaN = null */
  firstArrivalUs: Float64Array;
  lastArrivalUs: Float64Array;
  lastFlush: Float64Array;
  /** the descriptions that hold in its epoch: index into `places` */
  described: Uint32Array;
  /** mostly few: a sender says the same at each start */
  places: PlaceSet[];
}

/** Columns for so many runs. */
export const emptyRuns = (count: number): PackedRuns => ({
  run: new Float64Array(count),
  epoch: new Float64Array(count),
  index: new Float64Array(count),
  isUnsequenced: new Uint8Array(count),
  firstArrivalUs: new Float64Array(count),
  lastArrivalUs: new Float64Array(count),
  lastFlush: new Float64Array(count),
  described: new Uint32Array(count),
  places: [],
});

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

const unpackRun = (runs: PackedRuns, at: number): NamedRun => ({
  run: runs.run[at]!,
  epoch: orNull(runs.epoch[at]!),
  index: runs.index[at]!,
  isUnsequenced: runs.isUnsequenced[at] === 1,
  firstArrivalUs: orNull(runs.firstArrivalUs[at]!),
  lastArrivalUs: runs.lastArrivalUs[at]!,
  lastFlush: runs.lastFlush[at]!,
  places: runs.places[runs.described[at]!]!,
});

export const unpackRuns = (runs: PackedRuns): NamedRun[] =>
  Array.from(runs.run, (_, at) => unpackRun(runs, at));
