import type { SegmentArrivals } from "../view/run-extents.ts";

/** What the segments have of one run. */
export interface StoredRun {
  datagrams: number;
  isUnsequenced: boolean;
  /** the greatest number of those seen so far */
  greatest: number;
  /** those with datagrams of it */
  oldest: SegmentArrivals;
  newest: SegmentArrivals;
}

/** What the segments hold together, run by run, gathered from the oldest on. */
export class StoredRuns {
  readonly #runs = new Map<number, StoredRun>();

  /**
   * A segment has datagrams of a run, numbers `first` to `last`.
   * @returns whether some are below those of an older segment
   */
  add(segment: SegmentArrivals, { run, datagrams, isUnsequenced, first, last }: RunInSegment): boolean {
    const stored = this.#runs.get(run);
    if (stored === undefined) {
      this.#runs.set(run, { datagrams, isUnsequenced, greatest: last, oldest: segment, newest: segment });
      return false;
    }
    const reachesBack = first <= stored.greatest;
    stored.datagrams += datagrams;
    stored.greatest = Math.max(stored.greatest, last);
    stored.newest = segment;
    return reachesBack;
  }

  get(run: number): StoredRun | undefined {
    return this.#runs.get(run);
  }

  [Symbol.iterator](): Iterator<[run: number, stored: StoredRun]> {
    return this.#runs[Symbol.iterator]();
  }
}

/** What one segment has of a run; the least and the greatest number of it there. */
export interface RunInSegment {
  run: number;
  datagrams: number;
  isUnsequenced: boolean;
  first: number;
  last: number;
}
