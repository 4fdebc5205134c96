import { Batch } from "../protocol/batch.ts";

/**
 * 96 batches hold 0.8 s of 500,000 datagrams/s, while the writer is busy with one long transaction. They are 210 MiB of address space;
 * the system gives memory only to what was written once, and the batch used last is the first to be used again.
 */
export const DEFAULT_POOL_BATCHES = 96;

/** The batches of one ingest worker: made when first needed, at most `capacity`, used again and again. */
export class BatchPool {
  readonly capacity: number;
  readonly #free: Batch[] = [];
  #made = 0;

  constructor(capacity = DEFAULT_POOL_BATCHES) {
    this.capacity = capacity;
  }

  /** Batches that are filled now or wait for the writer. */
  get inUse(): number {
    return this.#made - this.#free.length;
  }

  /** An empty batch, or null when all are in use. */
  take(): Batch | null {
    const batch = this.#free.pop();
    if (batch !== undefined) {
      batch.clear();
      return batch;
    }
    if (this.#made >= this.capacity) return null;
    this.#made++;
    return new Batch();
  }

  /** The memory of a batch that was sent away is back. */
  giveBack(buffer: SharedArrayBuffer): void {
    this.#free.push(new Batch(buffer));
  }
}
