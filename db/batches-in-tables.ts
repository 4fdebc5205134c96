import type { BatchMessage } from "../protocol/batch.ts";

/** Up to which batch of each ingest worker all is in the tables, which are some flushes behind the commits. */
export class BatchesInTables {
  /** by worker: the last batch of each flush that the tables may not have whole, ascending; before them the last one they have */
  readonly #batches: { flush: number; number: number }[][] = [];

  /** @param flush - in which these batches were committed */
  committed(messages: readonly BatchMessage[], flush: number): void {
    for (const { worker, number } of messages) {
      this.#batches[worker] ??= [{ flush: 0, number: 0 }];
      const batches = this.#batches[worker];
      const last = batches.at(-1)!;
      if (last.flush === flush) last.number = number;
      else batches.push({ flush, number });
    }
  }

  /**
   * @param replayFrom - the tables have all flushes before this one
   * @returns number of the last batch of which they have all; 0 before the first
   */
  of(worker: number, replayFrom: number): number {
    const batches = this.#batches[worker] ?? [];
    while (batches.length > 1 && batches[1]!.flush < replayFrom) batches.shift();
    return batches[0]?.number ?? 0;
  }
}
