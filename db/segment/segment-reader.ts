import { MisuseError } from "../../common/errors.ts";
import type { RunColumns, SegmentSummary } from "./columns.ts";

/**
 * Reads one segment blob. Every method throws SegmentCorruptError (`ERR_SEGMENT_CORRUPT`) on bytes that no builder wrote.
 * Keeps a view of the blob, does not copy it.
 */
export class SegmentReader {
  readonly summary!: SegmentSummary;
  constructor(blob: Uint8Array) {
    throw new MisuseError(`skeleton: ${blob.length}`);
  }
  /** run numbers in the segment, ascending */
  get runNumbers(): Uint32Array {
    throw new MisuseError("skeleton");
  }
  /** datagrams of each run, parallel to `runNumbers` */
  get runDatagrams(): Uint32Array {
    throw new MisuseError("skeleton");
  }
  /** The run's datagrams ascending by sequence, or null when it is not in the segment. Decodes only that run's bytes (in a segment of tiny runs: all, once). */
  readRun(run: number): RunColumns | null {
    throw new MisuseError(`skeleton: ${run}`);
  }
}
