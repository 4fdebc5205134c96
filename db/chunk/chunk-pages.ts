/**
 * The blocks of a chunk set follow each other as one stream of bytes, cut into rows of `chunk_pages` that fill a database page to the last
 * byte: nothing is lost to half filled or overflowing pages, whatever the sizes of the blocks.
 */
export const CHUNK_PAGE_BYTES = 8152;

/** Cuts a stream into pages and collects them in buffers of many. */
export class PageWriter {
  readonly #room: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #at = 0;
  /** of the whole stream */
  bytes = 0;

  /** @param pages - that many in a buffer */
  constructor(pages: number) {
    this.#room = pages * CHUNK_PAGE_BYTES;
    this.#buffer = new Uint8Array(this.#room);
  }

  /** Append; gives back buffers that became full, each a whole number of pages. They are the caller's. */
  *append(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    this.bytes += bytes.length;
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, this.#room - this.#at);
      this.#buffer.set(bytes.subarray(from, from + count), this.#at);
      this.#at += count;
      from += count;
      if (this.#at < this.#room) continue;
      yield this.#buffer;
      this.#buffer = new Uint8Array(this.#room);
      this.#at = 0;
    }
  }

  /** What is left; its last page may be short. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#at);
  }
}

/** Pages a stream of that many bytes takes. */
export const pagesOf = (bytes: number): number => Math.ceil(bytes / CHUNK_PAGE_BYTES);
