import { LacunaError } from "../../common/errors.ts";

/** Stored bytes are not what an encoder of ours wrote: truncated, damaged, or of an unknown version. Code `ERR_SEGMENT_CORRUPT`. */
export class SegmentCorruptError extends LacunaError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_SEGMENT_CORRUPT", message, options);
  }
}

/**
 * The bytes of a column that has nothing else: a disk may have changed what its row says of their kind, or the number by which the row is found.
 * @throws SegmentCorruptError
 */
export const storedBytes = (column: unknown): Uint8Array => {
  if (column instanceof Uint8Array) return column;
  throw new SegmentCorruptError("there are no bytes where some were stored");
};

/** Read something of a segment; of what is damaged there the error says in which one it lies. */
export const inSegment = <T>(segment: number, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SegmentCorruptError)) throw error;
    throw new SegmentCorruptError(`segment ${segment} of the database is damaged: ${error.message}`, {
      cause: error,
    });
  }
};
