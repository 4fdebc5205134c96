import type { BatchMessage } from "../protocol/batch.ts";

/**
 * What one flush takes at most. Devices that are known cost a row however many batches they are in, and a flush costs something for each
 * of them: the more batches, the less per datagram. New ones bring notes, which are in memory several times over (in the batch, in the journal,
 * on their way to the main thread): a writer that has fallen behind in a flood of them takes it in parts.
 */
const MOST_BATCHES_PER_FLUSH = 64;
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

  /** What the next flush takes; they go on waiting until they are `committed`. */
  next(): readonly BatchMessage[] {
    // what was shown as pending must not fall back to an older state: it is committed together
    return this.#batches.slice(0, Math.max(this.#bearable(), this.#shown));
  }

  /** The first `count` of them are in the database. */
  committed(count: number): void {
    this.#batches = this.#batches.slice(count);
    this.#shown = Math.max(0, this.#shown - count);
  }

  showAll(): void {
    this.#shown = this.#batches.length;
  }

  /** how many of them one flush takes */
  #bearable(): number {
    let notes = 0;
    let batches = 0;
    for (const message of this.#batches) {
      notes += message.noteCount;
      if (batches > 0 && (batches === MOST_BATCHES_PER_FLUSH || notes > this.#mostNotes)) break;
      batches++;
    }
    return batches;
  }
}
