/**
 * Runs that were heard up to their end since the start (R14 a), also those that have left the memory since. Of this process alone: the next start
 * was down again, however this one ends. A bit for each run the database had at the start.
 */
export class HeardRuns {
  #bits = new Uint8Array(0);
  /** what begins since the start is heard */
  #nextRun = 0;

  /** @param nextRun - numbers of the runs of the database are below it. Room is asked for at once: the system gives memory only for what is used */
  start(nextRun: number): void {
    this.#nextRun = nextRun;
    this.#bits = new Uint8Array(Math.ceil(nextRun / 8));
  }

  add(run: number): void {
    if (run < this.#nextRun) this.#bits[run >>> 3]! |= 1 << (run & 7);
  }

  has(run: number): boolean {
    return run >= this.#nextRun || (this.#bits[run >>> 3]! & (1 << (run & 7))) !== 0;
  }
}
