const FEWEST_ROWS = 1000;
const MOST_ROWS = 32_000;

/**
 * How many rows retention removes with one flush. Few, so that the flush does not wait long for it; but senders decide how many gaps and events a
 * flush brings, so while a step finds more than it may remove the next one may remove twice as many.
 */
export class RowsPerStep {
  #most = FEWEST_ROWS;

  /** of the next step */
  get most(): number {
    return this.#most;
  }

  /** A step found so many, `most` of them at the most. */
  found(rows: number): void {
    this.#most = rows < this.#most ? FEWEST_ROWS : Math.min(2 * this.#most, MOST_ROWS);
  }
}
