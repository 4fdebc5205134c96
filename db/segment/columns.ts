/**
 * Datagrams of one or more runs as plain columns, with their readings. `d` is the index of a datagram, `r` of a reading; the readings of
 * datagram `d` are `readingStart[d]` (inclusive) to `readingStart[d + 1]` (exclusive), in the order they had in the datagram.
 * A datagram without readings is there too. Times are microseconds since the Unix epoch, integers.
 */
export interface DatagramColumns {
  /** how many datagrams the columns hold (they may be longer) */
  datagramCount: number;
  readingCount: number;
  /** sequence numbers, [0, 2^53 - 1) */
  sequence: Float64Array;
  /** send time where known, else arrival */
  datagramTime: Float64Array;
  /** `datagramCount + 1` indices into the reading columns, ascending */
  readingStart: Uint32Array;
  channel: Uint16Array;
  /** VALUE_TYPE.* */
  type: Uint8Array;
  /** absolute */
  readingTime: Float64Array;
  value: Float64Array;
}

/** Columns without room yet; what extends it says how they grow. */
export class EmptyColumns implements DatagramColumns {
  datagramCount = 0;
  readingCount = 0;
  sequence = new Float64Array(0);
  datagramTime = new Float64Array(0);
  readingStart = new Uint32Array(1);
  channel = new Uint16Array(0);
  type = new Uint8Array(0);
  readingTime = new Float64Array(0);
  value = new Float64Array(0);
}

/** The datagrams of one run, ascending by sequence number. */
export type RunColumns = DatagramColumns;

/** What a segment's header says, without decoding any column. Times in microseconds; all 0 when the segment is empty. */
export interface SegmentSummary {
  /** distinct runs */
  runs: number;
  datagrams: number;
  readings: number;
  /** smallest and greatest datagram time */
  firstTimeUs: number;
  lastTimeUs: number;
  /** smallest and greatest reading time; the datagram times when it has no reading */
  firstReadingTimeUs: number;
  lastReadingTimeUs: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
}

/** A segment ready to be stored; the arrays belong to the caller. */
export interface BuiltSegment extends SegmentSummary {
  blob: Uint8Array;
  /** run numbers, ascending */
  runNumbers: Uint32Array;
  /** datagrams of each run, parallel to `runNumbers` */
  runDatagrams: Uint32Array;
}
