import { LacunaError } from "../../common/errors.ts";

/** Stored bytes are not what an encoder of ours wrote: truncated, damaged, or of an unknown version. Code `ERR_SEGMENT_CORRUPT`. */
export class SegmentCorruptError extends LacunaError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_SEGMENT_CORRUPT", message, options);
  }
}

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
