import { MisuseError } from "../../common/errors.ts";
import type { Batch } from "../../protocol/batch.ts";
import type { BuiltSegment } from "./columns.ts";

/** Builds one segment per flush; keeps its scratch memory, so make one per writer. */
export class SegmentBuilder {
  /** @param batches - in order of arrival; only read */
  build(batches: readonly Batch[]): BuiltSegment {
    throw new MisuseError(`skeleton: ${batches.length}`);
  }
}
