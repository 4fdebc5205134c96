import type { Arrival, Verdict } from "../../collector/tracker/types.ts";
import { CAUSE } from "../../protocol/ledger-row.ts";
import type { RejectReason } from "../../protocol/reasons.ts";
import type { NaiveGap, NaiveRun } from "./naive-run.ts";

/** What the naive ledger (naive-ledger.ts) keeps of a device, what goes in and comes out, and the small questions its steps ask. */

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
  /** undefined = not in this process */
  heardUs: number | undefined;
  othersHeardUs: number | undefined;
  sinceUs: number | undefined;
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
  /** when its numbered runs of this process began, monotonic */
  newRunsMs: number[];
}

export const plain = (verdict: Verdict, reason: RejectReason = "sound"): Outcome => ({
  verdict,
  reason,
  run: -1,
  sequence: -1,
  sendTimeUs: 0,
});
/** Usable, in wall microseconds; 0 = unknown. The run has heard the datagram already. */
const sendTimeOf = (run: NaiveRun, { relativeUs, wallTimeUs }: Data): number =>
  relativeUs === undefined ? wallTimeUs : run.clockBaseUs! + relativeUs;

/** What places it in time. */
export const timeOf = (run: NaiveRun, data: Data): number => sendTimeOf(run, data) || data.arrival.arrivalUs;

export const accepted = (verdict: Verdict, run: NaiveRun, sequence: number, data: Data): Outcome => {
  run.times.set(sequence, timeOf(run, data));
  return { verdict, reason: "sound", run: run.run, sequence, sendTimeUs: sendTimeOf(run, data) };
};

/** GONE for an epoch that is nobody's current one, and what asserts no `next`, create nothing. */
export const createsDevice = ({ kind, sequence }: NaiveDatagram): boolean =>
  kind === "data" || (kind !== "gone" && sequence !== null);

export const beginsAtZero = ({ bits = 53, startsAtZero = true }: NaiveDatagram): boolean =>
  bits === 53 && startsAtZero;

export const isKnownLess = (a: number, b: number): boolean => a !== 0 && b !== 0 && a < b;

/** Step 3: an older run's greatest send time, not a relative one, is not less. */
export const hasSentUntil = (run: NaiveRun, timeUs: number): boolean =>
  run.maxRelativeUs === undefined && run.maxWallTimeUs !== 0 && run.maxWallTimeUs >= timeUs;

/** R5: sent later than everything of the run, which a copy never is. */
export const isSentAfterAll = (run: NaiveRun, { wallTimeUs, relativeUs }: Data): boolean =>
  relativeUs !== undefined
    ? run.maxRelativeUs !== undefined && relativeUs > run.maxRelativeUs
    : isKnownLess(run.greatestSendTimeUs(), wallTimeUs);

/** Step 6: the number after the held one, of the same epoch, as both read on the wire. */
export const isNextOf = (held: Data, data: Data): boolean =>
  held.datagram.epoch === data.datagram.epoch && (held.number + 1) % 2 ** data.bits === data.number;

/** R5: of a device's sources one is the reported one; another takes its place when the last change is 10 s old. */
export const hearSource = (device: NaiveDevice, name: string, nowUs: number, path?: number): void => {
  const { source } = device;
  const paths = new Set(path === undefined ? [] : [path]);
  if (source?.name === name)
    Object.assign(source, { heardUs: nowUs, paths: new Set([...source.paths, ...paths]) });
  else if (source !== undefined && isElsewhere(device, name, path)) {
    // "Paths": a source on another path waits until the reported one is silent
    if (nowUs - (source.heardUs ?? 0) >= 2_000_000) Object.assign(source, { name, heardUs: nowUs, paths });
  } else if (source?.sinceUs !== undefined && nowUs - source.sinceUs < 10_000_000)
    source.othersHeardUs = nowUs;
  else device.source = { name, heardUs: nowUs, othersHeardUs: source?.heardUs, sinceUs: nowUs, paths };
};

/** "Paths": not the reported source, nor by a path of it. @param path - undefined = there is one only */
export const isElsewhere = ({ source }: NaiveDevice, name: string, path: number | undefined): boolean =>
  path !== undefined && source !== undefined && source.name !== name && !source.paths.has(path);

/** A source the database knows. */
export const unheard = (name: string): NaiveSource => ({
  name,
  heardUs: undefined,
  othersHeardUs: undefined,
  sinceUs: undefined,
  paths: new Set(),
});

export const openRuns = (device: NaiveDevice): NaiveRun[] =>
  device.runs.filter((run) => !run.isClosed && !run.isUnsequenced);

/** Of the open runs that are not current and that pass; of two heard at once the older one. */
export const leastRecentlyHeard = (
  device: NaiveDevice,
  passes: (run: NaiveRun) => boolean,
): NaiveRun | undefined =>
  openRuns(device)
    .filter((run) => run !== device.current && passes(run))
    .sort((a, b) => a.lastHeardUs - b.lastHeardUs)[0];

export const gapsOf = (device: NaiveDevice): number =>
  device.runs.reduce((sum, run) => sum + run.gaps.length, 0);

/** "Recovery": of an epoch's runs only the newest can be asked for. */
export const isAskable = (device: NaiveDevice, run: NaiveRun): boolean =>
  run.epoch !== null && device.runs.findLast(({ epoch }) => epoch === run.epoch) === run;

/** "Recovery": something was asked for within the last 10 s. @param port - at this source; undefined = at any */
export const wasAsked = ({ asked }: NaiveDevice, nowMs: number, port?: number): boolean =>
  asked !== undefined && nowMs - asked.atMs <= 10_000 && (port === undefined || port === asked.port);

/** R14, in the order of the page. */
export const causeOf = (run: NaiveRun, gap: NaiveGap, number: number, isGone = false): number => {
  if (gap.isBelowFirstContact && !gap.collectorWasDown && !isGone) return CAUSE.UNDETERMINED;
  if (run.shed.has(number)) return CAUSE.QUEUE_OVERFLOW;
  if (gap.collectorWasDown) return CAUSE.COLLECTOR_DOWN;
  return isGone ? CAUSE.GONE : (gap.kernelCause ?? CAUSE.UNDETERMINED);
};
