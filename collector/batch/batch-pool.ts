import { Batch } from "../../protocol/batch.ts";

/**
 * Of 256 batches the 232 that datagrams get hold 1.9 s of 500,000/s, or two of 300,000/s of 100,000 devices, whose flushes take half a second: what waits
 * meanwhile is committed at once, so that a writer behind gets ahead. They are 560 MiB of address space; the system gives memory only to what was
 * written once, and the batch used last is the first to be used again.
 */
export const DEFAULT_POOL_BATCHES = 256;
/** of a pool that is split over workers none gets fewer */
const LEAST_POOL_BATCHES = 2;
/** free ones that are kept however little is used */
const KEPT_BATCHES = 4;
/** after so many batches have come back those that nobody needed meanwhile go */
const RETURNS_PER_ROUND = 256;

/** What bounds the memory bounds it for all workers together. @returns batches of each of so many */
export const poolBatchesOfWorker = (batches: number, workers: number): number =>
  Math.max(LEAST_POOL_BATCHES, Math.ceil(batches / workers));

/** The batches of one ingest worker: made when first needed, at most `capacity`, used again and again while they are needed. */
export class BatchPool {
  readonly capacity: number;
  readonly #free: Batch[] = [];
  #made = 0;
  /** fewest that were free at a time in this round */
  #leastFree = 0;
  #returns = 0;

  constructor(capacity = DEFAULT_POOL_BATCHES) {
    this.capacity = capacity;
  }

  /** Batches that can still be taken. */
  get left(): number {
    return this.capacity - this.inUse;
  }

  /** Batches that are filled now or wait for the writer. */
  get inUse(): number {
    return this.#made - this.#free.length;
  }

  /** An empty batch, or null when all are in use. */
  take(): Batch | null {
    return this.left > 0 ? this.takeAnyway() : null;
  }

  /** An empty batch also when all are in use: `left` is negative then. */
  takeAnyway(): Batch {
    const batch = this.#free.pop();
    this.#leastFree = Math.min(this.#leastFree, this.#free.length);
    if (batch !== undefined) {
      batch.clear();
      return batch;
    }
    this.#made++;
    return new Batch();
  }

  /** The memory of a batch that was sent away is back. */
  giveBack(buffer: SharedArrayBuffer): void {
    this.#free.push(new Batch(buffer));
    if (++this.#returns % RETURNS_PER_ROUND === 0) this.#trim();
  }

  /** What one burst made is not kept for ever: the least recently used ones are at the front. */
  #trim(): void {
    const dropped = Math.max(0, this.#leastFree - KEPT_BATCHES);
    this.#free.splice(0, dropped);
    this.#made -= dropped;
    this.#leastFree = this.#free.length;
  }
}
