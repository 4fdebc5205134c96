/** What the segments have of one run. */
export interface StoredRun {
  datagrams: number;
  isUnsequenced: boolean;
  /** the greatest number of those seen so far */
  greatest: number;
  /** the first flush of the newest segment with datagrams of it */
  newestFlush: number;
}

/** What the segments hold together, run by run, gathered from the oldest on. */
export class StoredRuns {
  readonly #runs = new Map<number, StoredRun>();

  /**
   * A segment has datagrams of a run, numbers `first` to `last`.
   * @param fromFlush - the first one that the segment covers
   * @returns whether some are below those of an older segment
   */
  add(fromFlush: number, { run, datagrams, isUnsequenced, first, last }: RunInSegment): boolean {
    const stored = this.#runs.get(run);
    if (stored === undefined) {
      this.#runs.set(run, { datagrams, isUnsequenced, greatest: last, newestFlush: fromFlush });
      return false;
    }
    const reachesBack = first <= stored.greatest;
    stored.datagrams += datagrams;
    stored.greatest = Math.max(stored.greatest, last);
    stored.newestFlush = fromFlush;
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
