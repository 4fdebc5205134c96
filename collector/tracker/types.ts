import type { DeviceSnapshot, EventKind, RunSnapshot } from "../../protocol/batch.ts";

/** What became of one datagram. Accepted ones (`<= VERDICT.LATE`) and unsequenced ones are stored. */
export const VERDICT = {
  IN_ORDER: 0,
  REORDERED: 1,
  RECOVERED: 2,
  LATE: 3,
  UNSEQUENCED: 4,
  DUPLICATE: 5,
  /** the first copy by another path */
  REDUNDANT: 6,
  CONTROL: 7,
  /** kept aside until the next number confirms it or its time is over (R3) */
  HELD: 8,
  /** `tracker.rejectCode` says why */
  REJECTED: 9,
} as const;
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

export interface TrackerOptions {
  /** reorder window W, milliseconds (R9) */
  windowMs: number;
  /** R16 */
  maxDevices: number;
  /** absent ranges per device (R15) */
  maxGapsPerDevice: number;
  /** absent ranges over all devices (R15) */
  maxGaps: number;
  /** R6 */
  maxOpenRuns: number;
  maxNewRunsPerMinute: number;
  /** closed runs per device that stay in memory (R15). Default 64 */
  maxClosedRuns?: number;
  /** epochs per device known by name only; the archive is asked for further ones. Default 4,096 */
  maxNames?: number;
  /** R3, milliseconds */
  holdMs: number;
  /** index of the ingest worker and how many there are; numbers given here leave the index when divided by how many. Default 0 of 1 */
  worker?: number;
  workers?: number;
  /** seed of the id hash, a random u32: makes collisions hard to aim at. Default 0 */
  hashSeed?: number;
  /** the path of each listener, from 0; default: all are one */
  paths?: readonly number[];
  /** decides about asking devices again for absent numbers; without it none is */
  recovery?: Recoverer;
  /** where devices and runs that left the memory are read back from; without it nothing is paged out */
  archive?: DeviceArchive;
}

/** Code of the error of an archive whose database does not give what it was asked for. */
export const ERR_ARCHIVE = "ERR_ARCHIVE";

/** Reads back what the tracker let go (R16): that was all of a batch the archive has (`Tracker.onArchived`), and has not changed since. Called synchronously. Throws LacunaError `ERR_ARCHIVE`. */
export interface DeviceArchive {
  /** a device, or null when the database has none of that id */
  load(id: string): DeviceSnapshot | null;
  /** the runs of one epoch of a device, or null when it has none */
  loadEpoch(device: number, epoch: number | null): RunSnapshot[] | null;
}

/**
 * Asks devices again for absent numbers (collector/recovery/); the tracker keeps the ranges and what was asked of them. Devices are named by
 * their slot, times are monotonic milliseconds.
 */
export interface Recoverer {
  /** Whether senders of the native format can be asked through this listener. */
  isReturnPath(listener: number): boolean;
  /**
   * The reorder window of a range is over.
   * @param listener - the device is heard by; -1 = not since the start
   * @param requests - NACKs that named the range before a stop
   * @returns when it is to be asked for first; -1 = it is lost now
   */
  windowOver(device: number, listener: number, requests: number, nowMs: number): number;
  /** A number arrived that was asked for `requests` times, last at `askedAtMs`; -Infinity = nobody knows when. */
  answered(device: number, requests: number, askedAtMs: number, nowMs: number): void;
  /** Whether the device was asked for anything within the last 10 s at this address; null = at any. */
  wasAsked(device: number, from: Arrival | null, nowMs: number): boolean;
  /** The device left the memory. */
  forget(device: number): void;
}

/** Arrival of one datagram: all the tracker may know of the outside. */
export interface Arrival {
  /** wall clock, microseconds since the Unix epoch */
  arrivalUs: number;
  /** monotonic clock, milliseconds */
  nowMs: number;
  /** index of the listener it came by */
  listener: number;
  /** number of the address of this host it was sent to (../receive/entry.ts) */
  local: number;
  address: string;
  port: number;
  lengthBytes: number;
}

/** Where the tracker reports ledger changes; called synchronously, in order, before the verdict is returned. Times in microseconds (wall). */
export interface TrackerSink {
  deviceCreated(device: number, id: string): void;
  runCreated(run: number, device: number, epoch: number | null, index: number): void;
  /** the device and all its runs are forgotten (R16) */
  deviceForgotten(device: number): void;
  sourceChanged(device: number, source: string): void;
  /** @param device - null: it is about many */
  event(at: number, kind: EventKind, device: number | null, detail: Record<string, unknown>): void;
  /** [first, last] of the run was declared lost */
  gapLost(
    run: number,
    first: number,
    last: number,
    openedAt: number,
    closedAt: number,
    cause: number,
    timeBefore: number,
    timeAfter: number,
    requests: number,
  ): void;
  /**
   * A number arrived whose window was over, or was cut by a stop (R13).
   * @param wasLost - it had been declared lost
   * @param cause - CAUSE.* it was lost with, or would have been
   * @param time - its send, or else arrival, time
   * @param requests - NACKs of ours that named it
   */
  gapFilled(
    run: number,
    sequence: number,
    at: number,
    wasLost: boolean,
    openedAt: number,
    cause: number,
    time: number,
    requests: number,
  ): void;
  /**
   * The held datagram of a device is decided: accepted into a run (store it under `run`, `sequence`), or counted as
   * duplicate or rejected. `listener` is the one it came by.
   */
  heldAccepted(device: number, run: number, sequence: number, listener: number): void;
  heldDropped(device: number, duplicate: boolean, rejectCode: number, listener: number): void;
  /** the device left the memory, not the ledger (R16): what is kept beside it (channels) may go too */
  devicePagedOut?(device: number): void;
  /** it is back, before the verdict that needed it */
  devicePagedIn?(snapshot: DeviceSnapshot): void;
}
