import { SegmentReader } from "./segment-reader.ts";

/** A few flushes are asked for by many queries until they are merged. */
const MOST_BYTES = 8 * 2 ** 20;

/**
 * The flushes that were read last, with their heads decoded: going through a fleet device by device, or asking for the newest readings again and
 * again, would else decode the same heads for each. What a flush wrote never changes.
 */
export class SegmentCache {
  /** least recently used first */
  readonly #readers = new Map<number, SegmentReader>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** The flush's reader, or undefined when it is not kept. */
  get(segment: number): SegmentReader | undefined {
    const reader = this.#readers.get(segment);
    if (reader === undefined) return undefined;
    this.#readers.delete(segment);
    this.#readers.set(segment, reader);
    return reader;
  }

  /** Keep a reader of the flush's blob, which is released when it has to go. @throws SegmentCorruptError */
  add(segment: number, blob: Uint8Array): SegmentReader {
    const reader = new SegmentReader(blob);
    this.#readers.set(segment, reader);
    this.#bytes += reader.keptBytes;
    for (const [oldest, kept] of this.#readers) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#readers.delete(oldest);
      this.#bytes -= kept.keptBytes;
      // the new one is about to be used even when it is too large to be kept
      if (kept !== reader) kept.release();
    }
    return reader;
  }
}
