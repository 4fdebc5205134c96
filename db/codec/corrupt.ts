import { LacunaError } from "../../common/errors.ts";

/** Stored bytes are not what an encoder of ours wrote: truncated, damaged, or of an unknown version. Code `ERR_SEGMENT_CORRUPT`. */
export class SegmentCorruptError extends LacunaError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_SEGMENT_CORRUPT", message, options);
  }
}
