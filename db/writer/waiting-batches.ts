import { BATCH_DATAGRAMS, Batch, type BatchMessage } from "../../protocol/batch.ts";

/**
 * What one flush takes at most. Devices that are known cost a row however many batches they are in, and a flush costs something for each
 * of them: the more batches, the less per datagram, so a writer that has fallen behind takes nearly all of a pool as large as it is by default. What is encoded at
 * once is in memory several times over, and so are new devices: their notes are in the batch, in the journal, on their way to the main thread.
 */
const MOST_BATCHES_PER_FLUSH = 192;
const MOST_READINGS_PER_FLUSH = MOST_BATCHES_PER_FLUSH * BATCH_DATAGRAMS;
const MOST_NOTES_PER_FLUSH = 25_000;

/** Batches that wait for a flush, in order, and which of them were shown as pending meanwhile. */
export class WaitingBatches {
  readonly #mostNotes: number;
  #batches: BatchMessage[] = [];
  #shown = 0;

  /** @param mostNotes - notes a flush takes */
  constructor(mostNotes = MOST_NOTES_PER_FLUSH) {
    this.#mostNotes = mostNotes;
  }

  get length(): number {
    return this.#batches.length;
  }

  /** how many are of that ingest worker */
  lengthOf(worker: number): number {
    return this.#batches.filter((batch) => batch.worker === worker).length;
  }

  /** those that were shown already, and those that were not */
  get shown(): readonly BatchMessage[] {
    return this.#batches.slice(0, this.#shown);
  }

  get unshown(): readonly BatchMessage[] {
    return this.#batches.slice(this.#shown);
  }

  push(message: BatchMessage): void {
    this.#batches.push(message);
  }

  /** a flush would have something to take */
  get isDue(): boolean {
    return this.#batches.some(({ isPartial }) => !isPartial);
  }

  /** What the next flush takes, of each worker up to a complete one; they go on waiting until they are `committed`. */
  next(): readonly BatchMessage[] {
    // what was shown as pending must not fall back to an older state: it is committed together
    const atLeast = Math.max(this.#bearable(), this.#shown);
    /** index of the last complete one by worker */
    const ends: number[] = [];
    let end = 0;
    for (; end < this.#batches.length && (end < atLeast || ends.length === 0); end++) {
      const { worker, isPartial } = this.#batches[end]!;
      if (!isPartial) ends[worker] = end;
    }
    return this.#batches.slice(0, end).filter(({ worker }, index) => index <= (ends[worker] ?? -1));
  }

  /** What `next` gave is in the database. */
  committed(messages: readonly BatchMessage[]): void {
    const done = new Set(messages);
    this.#shown = this.shown.filter((message) => !done.has(message)).length;
    this.#batches = this.#batches.filter((message) => !done.has(message));
  }

  showAll(): void {
    this.#shown = this.#batches.length;
  }

  /** how many of them are enough for one flush */
  #bearable(): number {
    let notes = 0;
    let readings = 0;
    let batches = 0;
    for (const { buffer, noteCount } of this.#batches) {
      notes += noteCount;
      readings += new Batch(buffer).readingCount;
      const isMuch = notes > this.#mostNotes || readings > MOST_READINGS_PER_FLUSH;
      if (isMuch || batches === MOST_BATCHES_PER_FLUSH) break;
      batches++;
    }
    return batches;
  }
}
