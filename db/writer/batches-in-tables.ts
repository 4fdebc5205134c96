import type { BatchMessage } from "../../protocol/batch.ts";

/** Up to which batch of each ingest worker all is in the tables, which are some flushes behind the commits. */
export class BatchesInTables {
  /** by worker: the last batch of each flush that the tables may not have whole, ascending */
  readonly #behind: { flush: number; number: number }[][] = [];

  /** @param flush - in which these batches were committed */
  committed(messages: readonly BatchMessage[], flush: number): void {
    for (const { worker, number } of messages) {
      this.#behind[worker] ??= [];
      const behind = this.#behind[worker];
      const last = behind.at(-1);
      if (last !== undefined && last.flush === flush) last.number = number;
      else behind.push({ flush, number });
    }
  }

  /**
   * @param replayFrom - the tables have all flushes before this one
   * @returns the workers of which they have more batches than at the last call, and the number of the last one
   */
  *advanced(replayFrom: number): Generator<[worker: number, number: number]> {
    for (const [worker, behind] of this.#behind.entries()) {
      let reached = 0;
      while (behind !== undefined && behind.length > 0 && behind[0]!.flush < replayFrom)
        reached = behind.shift()!.number;
      if (reached > 0) yield [worker, reached];
    }
  }
}
