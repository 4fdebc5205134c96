import type { BatchMessage } from "../../protocol/batch.ts";

/**
 * Up to when what arrived is committed, or shown as accepted. All times are monotonic milliseconds. What a worker has heard it sends within `batchMs`; but while half of
 * its pool is under way, since commits fail or the disk stands still, only once a batch is full: so where batches wait, the newest of them says it.
 */
export class HeardUntil {
  readonly #batchMs: number;
  /** by worker: when it sent the newest batch that came here */
  readonly #sentMs: number[] = [];
  /** by worker, those that have sent something */
  readonly #untilMs: number[] = [];

  constructor(batchMs: number) {
    this.#batchMs = batchMs;
  }

  accepted({ worker, sentAtMs }: BatchMessage): void {
    this.#sentMs[worker] = sentAtMs;
    this.#untilMs[worker] ??= sentAtMs - this.#batchMs;
  }

  /**
   * A flush that began then has committed these, or could not: then all that waits is shown.
   * @param waiting - how many batches of a worker wait now
   * @returns up to when, of all workers
   */
  flushed(
    committed: readonly BatchMessage[] | null,
    beganMs: number,
    waiting: (worker: number) => number,
  ): number {
    const promptMs = beganMs - this.#batchMs;
    let earliestMs = promptMs;
    for (const [worker, beforeMs] of this.#untilMs.entries()) {
      if (beforeMs === undefined) continue;
      const isWaiting = waiting(worker) > 0;
      const newestMs =
        committed === null && isWaiting
          ? this.#sentMs[worker]
          : committed?.findLast((message) => message.worker === worker)?.sentAtMs;
      const untilMs = newestMs ?? (isWaiting ? beforeMs : promptMs);
      this.#untilMs[worker] = Math.max(beforeMs, untilMs);
      earliestMs = Math.min(earliestMs, this.#untilMs[worker]);
    }
    return earliestMs;
  }
}
