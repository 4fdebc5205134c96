import type { Arrival, Verdict } from "../../../collector/tracker/types.ts";
import type { RejectReason } from "../../../protocol/reasons.ts";
import type { NaiveRun } from "./run.ts";

/** What the naive ledger keeps of a device, what goes in and what comes out. */

export interface NaiveDatagram {
  device: string;
  kind: "data" | "heartbeat" | "describe" | "gone";
  epoch: number | null;
  /** DATA: its number as it reads on the wire, null = unsequenced. Control: `next`, null = asserts nothing */
  sequence: number | null;
  /** width of the number; 53 unless given, narrower only without an epoch */
  bits?: number;
  /** the format's numbering begins at 0; true unless given */
  startsAtZero?: boolean;
  /** microseconds since the Unix epoch (since the start of the sender when relative), 0 = unknown */
  sendTimeUs: number;
  isRelative: boolean;
  sleepSeconds?: number;
  isEnd?: boolean;
  /** GONE: inclusive ranges */
  gone?: [number, number][];
}

export interface Outcome {
  verdict: Verdict;
  reason: RejectReason;
  /** of an accepted datagram, or of an unsequenced one; else -1 */
  run: number;
  sequence: number;
  /** usable, in wall microseconds; 0 = unknown */
  sendTimeUs: number;
}

/** A datagram on its way through the steps, its send time already judged. */
export interface Data {
  device: NaiveDevice;
  datagram: NaiveDatagram;
  /** as it reads on the wire */
  number: number;
  bits: number;
  /** usable wall time, 0 = unknown or relative */
  wallTimeUs: number;
  /** usable relative time, undefined = none */
  relativeUs: number | undefined;
  arrival: Arrival;
  /** when it arrived: the listeners had been OK without a break since the device's datagram before it */
  isUnbroken: boolean;
}

export interface Held {
  data: Data;
  /** held by step 5: the run that has the number already */
  owner: NaiveRun | null;
  reason: RejectReason;
  /** monotonic */
  deadlineMs: number;
}

export interface NaiveSource {
  name: string;
  /** monotonic; undefined = not in this process */
  heardMs: number | undefined;
  othersHeardMs: number | undefined;
  sinceMs: number | undefined;
  /** the paths it was heard by */
  paths: Set<number>;
}

export interface NaiveDevice {
  device: number;
  id: string;
  isConfirmed: boolean;
  /** all of them, in the order they became known */
  runs: NaiveRun[];
  current: NaiveRun | null;
  /** listeners it was heard by in this process */
  heardBy: Set<number>;
  held: Held | null;
  /** how often listening had broken off at its last datagram */
  breaksWhenHeard: number;
  /** the reported source; when it and any other was heard in this process, and when it became the reported one */
  source: NaiveSource | undefined;
  /** it has spoken the native format; undefined = not heard since the start */
  canBeAsked: boolean | undefined;
  /** the last NACK of this process */
  asked: { atMs: number; port: number } | undefined;
  /** what it may announce yet: 10,000 each, at most 60,000, one more with each millisecond since then; monotonic */
  tellable: { credit: number; atMs: number } | undefined;
  /** when its numbered runs of this process began, monotonic */
  newRunsMs: number[];
}
