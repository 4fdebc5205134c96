import { MAX_ENTRIES } from "./constants.ts";
import type { FleetCounters } from "./fleet-counters.ts";
import { ROW_FIELDS } from "./ledger-row.ts";

/**
 * A batch carries, in order, what a bounded number of datagrams caused: the readings as columns, and the ledger changes. It is one
 * buffer, made once, handed from the ingest worker to the writer and back (a pool); what has strings in it travels beside it as `notes`.
 *
 * The memory is shared, not transferred: V8 counts a transferred ArrayBuffer as newly allocated in the thread it comes to, and so many of
 * them made both threads collect their whole heap several times a second. Whoever has handed a batch over leaves it alone until it is back.
 *
 * Identity: everything in a batch is committed in one transaction or not at all, and a partial one together with those that complete it.
 */
export const BATCH_DATAGRAMS = 4096;
/** any datagram fits into an empty batch, and a batch of full datagrams ends by readings */
export const BATCH_READINGS = 2 * MAX_ENTRIES;
/** ledger rows of the runs that changed since the last batch with rows; timers can change runs no datagram touched */
export const BATCH_ROWS = BATCH_DATAGRAMS + 1024;
export const BATCH_OPS = 8192;

/** A gap operation: OP_FIELDS float64 in this order. Times in microseconds. */
export const OP = {
  CODE: 0,
  RUN: 1,
  /** inclusive range of numbers */
  FIRST: 2,
  LAST: 3,
  OPENED_AT: 4,
  /** LOST: when declared lost; FILL_…: when it arrived */
  AT: 5,
  /** LOST: CAUSE.*; FILL_…: the one it was lost with, or would have been */
  CAUSE: 6,
  /**
   * send (or else arrival) time of the number before `first` and of the one after `last`: places absent numbers in time. 0 = unknown.
   * FILL_…: both are that of the number itself
   */
  TIME_BEFORE: 7,
  TIME_AFTER: 8,
  REQUESTS: 9,
} as const;
export const OP_FIELDS = 10;

export const OP_CODE = {
  /** [first, last] was declared lost with a cause: a new gap row, state `lost` */
  LOST: 1,
  /** number `first` = `last`, inside a lost gap row, arrived: it becomes a row `filled`, the rest keeps its history */
  FILL_LOST: 2,
  /** the run's windows: forget those remembered for it, OPEN operations for the same run follow */
  WINDOWS: 3,
  /** one open gap, its window or recovery running, at the end of this batch (remembered so that a crash cannot turn it into "received") */
  OPEN: 4,
  /** number `first` = `last` arrived, absent when their window was over and never declared lost: a new row `filled` */
  FILL_OPEN: 5,
} as const;

const HEADER_FIELDS = 8;
const HEAD = { DATAGRAMS: 0, READINGS: 1, ROWS: 2, OPS: 3, FIRST_ARRIVAL: 4, LAST_ARRIVAL: 5 } as const;

const align8 = (bytes: number): number => (bytes + 7) & ~7;
const OFFSET = (() => {
  let at = 0;
  const take = (bytes: number): number => {
    const start = at;
    at += align8(bytes);
    return start;
  };
  const head = take(HEADER_FIELDS * 8);
  const datagramRun = take(BATCH_DATAGRAMS * 4);
  const datagramSequence = take(BATCH_DATAGRAMS * 8);
  const datagramTime = take(BATCH_DATAGRAMS * 8);
  const datagramReadings = take(BATCH_DATAGRAMS * 2);
  const readingChannel = take(BATCH_READINGS * 2);
  const readingType = take(BATCH_READINGS);
  const readingTime = take(BATCH_READINGS * 8);
  const readingValue = take(BATCH_READINGS * 8);
  const rows = take(BATCH_ROWS * ROW_FIELDS * 8);
  const ops = take(BATCH_OPS * OP_FIELDS * 8);
  return {
    head,
    datagramRun,
    datagramSequence,
    datagramTime,
    datagramReadings,
    readingChannel,
    readingType,
    readingTime,
    readingValue,
    rows,
    ops,
    total: at,
  };
})();
const BATCH_BYTES = OFFSET.total;

/** Typed views over one batch buffer. Cheap to make once per handing over, never per datagram. */
export class Batch {
  readonly buffer: SharedArrayBuffer;
  readonly head: Float64Array;
  /** run number of each datagram, in order of arrival */
  readonly datagramRun: Uint32Array;
  /** sequence number; for unsequenced runs a counter of ours */
  readonly datagramSequence: Float64Array;
  /** send time where known, else arrival, microseconds */
  readonly datagramTime: Float64Array;
  readonly datagramReadings: Uint16Array;
  readonly readingChannel: Uint16Array;
  readonly readingType: Uint8Array;
  /** absolute, microseconds */
  readonly readingTime: Float64Array;
  readonly readingValue: Float64Array;
  /** ROW_FIELDS per row: the state of each changed run at the end of this batch; each run at most once. None when more batches follow at once */
  readonly rows: Float64Array;
  readonly ops: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BATCH_BYTES)) {
    this.buffer = buffer;
    this.head = new Float64Array(buffer, OFFSET.head, HEADER_FIELDS);
    this.datagramRun = new Uint32Array(buffer, OFFSET.datagramRun, BATCH_DATAGRAMS);
    this.datagramSequence = new Float64Array(buffer, OFFSET.datagramSequence, BATCH_DATAGRAMS);
    this.datagramTime = new Float64Array(buffer, OFFSET.datagramTime, BATCH_DATAGRAMS);
    this.datagramReadings = new Uint16Array(buffer, OFFSET.datagramReadings, BATCH_DATAGRAMS);
    this.readingChannel = new Uint16Array(buffer, OFFSET.readingChannel, BATCH_READINGS);
    this.readingType = new Uint8Array(buffer, OFFSET.readingType, BATCH_READINGS);
    this.readingTime = new Float64Array(buffer, OFFSET.readingTime, BATCH_READINGS);
    this.readingValue = new Float64Array(buffer, OFFSET.readingValue, BATCH_READINGS);
    this.rows = new Float64Array(buffer, OFFSET.rows, BATCH_ROWS * ROW_FIELDS);
    this.ops = new Float64Array(buffer, OFFSET.ops, BATCH_OPS * OP_FIELDS);
  }

  get datagramCount(): number {
    return this.head[HEAD.DATAGRAMS]!;
  }
  set datagramCount(count: number) {
    this.head[HEAD.DATAGRAMS] = count;
  }
  get readingCount(): number {
    return this.head[HEAD.READINGS]!;
  }
  set readingCount(count: number) {
    this.head[HEAD.READINGS] = count;
  }
  get rowCount(): number {
    return this.head[HEAD.ROWS]!;
  }
  set rowCount(count: number) {
    this.head[HEAD.ROWS] = count;
  }
  get opCount(): number {
    return this.head[HEAD.OPS]!;
  }
  set opCount(count: number) {
    this.head[HEAD.OPS] = count;
  }
  /** arrival of the first and last datagram in it, microseconds; 0 when it holds none */
  get firstArrivalUs(): number {
    return this.head[HEAD.FIRST_ARRIVAL]!;
  }
  set firstArrivalUs(us: number) {
    this.head[HEAD.FIRST_ARRIVAL] = us;
  }
  get lastArrivalUs(): number {
    return this.head[HEAD.LAST_ARRIVAL]!;
  }
  set lastArrivalUs(us: number) {
    this.head[HEAD.LAST_ARRIVAL] = us;
  }

  /** Forget the contents; the memory stays. */
  clear(): void {
    this.head.fill(0);
  }
}

/** What a batch brings that has strings in it or is rare. Applied in order, devices and runs before the rows that use them. */
export type Note =
  /** a new device; `source` where its first datagram came from, as the `source` note tells any later one */
  | { note: "device"; device: number; id: string; source?: string }
  | { note: "run"; run: number; device: number; epoch: number | null; index: number }
  | { note: "channel"; device: number; epoch: number | null; channel: number; name: string; unit: string }
  | { note: "source"; device: number; source: string }
  /** R16: the device and its runs go, their counts into the one `forgotten` row */
  | { note: "forgotten"; device: number }
  | { note: "event"; at: number; kind: EventKind; device: number | null; detail: Record<string, unknown> };

export const EVENT_KINDS = [
  "restart",
  "epoch-went-back",
  "epoch-reused",
  "id-conflict",
  "run-split",
  "source-changed",
  "online",
  "stale",
  "offline",
  "status-changes",
  "sleep",
  "end",
  "listener-state",
  "group-silent",
  "group-heard",
  "path-down",
  "path-up",
  "collector-started",
  "collector-stopped",
  "collector-down",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What is posted to the writer with each batch; `buffer` is the writer's until it is returned. */
export interface BatchMessage {
  buffer: SharedArrayBuffer;
  /** packed (`packed-notes.ts`) */
  notes: Uint8Array;
  noteCount: number;
  /** of this worker: the fleet's are the sum over all; the first one's include what the database knew at the start */
  fleet: FleetCounters;
  /** 1, 2 … over the batches of this worker of this process */
  number: number;
  /** rows and windows of what it brings are, in part at least, in a later batch of this worker: they are committed together */
  isPartial: boolean;
  /** index of the ingest worker it comes from */
  worker: number;
  /** monotonic milliseconds: what its worker had heard by then is in it, or in one before */
  sentAtMs: number;
}

/** What the writer posts back when a batch is done with. */
export interface BatchReturn {
  buffer: SharedArrayBuffer;
  /** number of the last committed batch of the same worker; 0 before the first */
  committed: number;
}

/** What it posts besides: the tables, which are some seconds behind, have all of the worker's batches up to this one. What is asked of them finds it. */
export interface TablesReach {
  inTables: number;
}

/** A device as the tracker needs it to go on where it stopped. */
export interface DeviceSnapshot {
  device: number;
  id: string;
  source: string;
  runs: RunSnapshot[];
  /** those of the epochs described last */
  channels: { epoch: number | null; channel: number; name: string; unit: string }[];
  /** of earlier ones the names that no later one has, where the sender names its channels: it may say them again */
  formerNames?: { channel: number; name: string }[];
}
export interface RunSnapshot {
  epoch: number | null;
  index: number;
  /** ROW_FIELDS values */
  row: Float64Array;
  /** absent ranges at or above the floor, ascending: open ones (window or recovery running at the stop) and lost ones */
  absent: {
    first: number;
    last: number;
    state: "open" | "lost";
    cause: number;
    openedAt: number;
    timeBefore: number;
    timeAfter: number;
    /** NACKs of ours that named it */
    requests: number;
  }[];
}

/** What a start needs to know of the database. */
export interface Restored {
  /** true when a collector has run on this database before */
  hasHistory: boolean;
  nextDevice: number;
  nextRun: number;
  /** what is to be in memory, in the order it became known; to be gone through once, each device only while it is asked for */
  devices: Iterable<DeviceSnapshot>;
  /** ids of the devices there is no room for: they stay in the database until they speak */
  leftOut: Iterable<string>;
  fleet: FleetCounters;
}
