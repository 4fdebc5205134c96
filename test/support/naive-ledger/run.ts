import { CAUSE, CAUSES } from "../../../protocol/ledger-row.ts";

/** Consecutive absent numbers of one run, all with the same history (docs/ledger.md, "Words"). */
export interface NaiveGap {
  first: number;
  last: number;
  state: "open" | "lost";
  /** CAUSE.*, meaningful once lost */
  cause: number;
  openedAtUs: number;
  deadlineMs: number;
  /** gaps with one deadline close in the order they opened */
  order: number;
  /** below the number of first contact (R2) */
  isBelowFirstContact: boolean;
  /** the collector was not there */
  collectorWasDown: boolean;
  /** times of its neighbours, where they were known when it opened: they place its numbers in time */
  timeBefore: number | undefined;
  timeAfter: number | undefined;
  /** its window is over, it is open because the device can be asked for it */
  isAsked: boolean;
  /** its numbers arrived after that, if they did (R14) */
  clearMs: number;
  /** what the kernel's counters said when its window was over, undefined = not asked */
  kernelCause: number | undefined;
  /** it has a row: its window was over or was cut by a stop (R13) */
  hasRow: boolean;
  /** when it was declared lost */
  closedAtUs: number;
  /** NACKs that named it, and when the last of them did in this process */
  requests: number;
  askedAtMs: number | undefined;
}

type NewGap = Omit<
  NaiveGap,
  "state" | "cause" | "isAsked" | "kernelCause" | "hasRow" | "closedAtUs" | "requests" | "askedAtMs"
>;

/** A number that came when its window was over, or had been cut by a stop, with the history of its gap. */
export interface NaiveFilled {
  cause: number;
  openedAtUs: number;
  /** when it was declared lost; undefined = it never was */
  lostAtUs: number | undefined;
  filledAtUs: number;
  requests: number;
}

/**
 * One numbering, kept the dull way: every received number in a Set, every absent range in a plain array that is searched from
 * its beginning. No bin is derived from another, so that a wrong one shows.
 */
export class NaiveRun {
  readonly run: number;
  readonly epoch: number | null;
  readonly index: number;
  readonly isUnsequenced: boolean;
  first: number;
  highWater: number;
  floor = 0;
  received = new Set<number>();
  /** send time (else arrival) of received numbers */
  times = new Map<number, number>();
  gaps: NaiveGap[] = [];
  /** ranges below the floor */
  foldedGaps: NaiveGap[] = [];
  filled = new Map<number, NaiveFilled>();

  inOrder = 0;
  reordered = 0;
  late = 0;
  recovered = 0;
  missing = 0;
  lost = CAUSES.map(() => 0);
  duplicates = 0;
  redundant = 0;
  unsequenced = 0;

  /** send time of the datagram that began the run, 0 = unknown or relative */
  firstSendTimeUs: number;
  /** greatest send time that came as wall time, 0 = none */
  maxWallTimeUs = 0;
  /** greatest relative send time, undefined = none */
  maxRelativeUs: number | undefined;
  /** smallest arrival - relative send time, undefined = none */
  clockBaseUs: number | undefined;
  firstHeardUs: number;
  lastHeardUs: number;
  /** undefined after a restart of the collector: the monotonic clock began anew */
  firstHeardMs: number | undefined;
  highWaterAtUs: number;
  /** what had been read when the high water rose had arrived after that; -Infinity = unknown (R14) */
  clearMs = Number.NEGATIVE_INFINITY;
  /** time of the number that is the high water, undefined when control said so or before the start */
  highWaterTimeUs: number | undefined;
  isHeadKnowable: boolean;
  isTailKnown = false;
  isEnded = false;
  sleepUntilUs = 0;
  wasCurrent = false;
  isClosed = false;
  /** known from the database, its end not reached since the start */
  isFromDatabase = false;
  /** until then (monotonic) its gaps have the cause collector-down */
  collectorDownUntilMs = Number.NEGATIVE_INFINITY;
  /** numbers we shed ourselves while the run was known */
  shed = new Set<number>();

  constructor(begin: {
    run: number;
    epoch: number | null;
    index: number;
    isUnsequenced: boolean;
    first: number;
    firstSendTimeUs: number;
    isHeadKnowable: boolean;
    arrivalUs: number;
    nowMs: number;
  }) {
    this.run = begin.run;
    this.epoch = begin.epoch;
    this.index = begin.index;
    this.isUnsequenced = begin.isUnsequenced;
    this.first = begin.isUnsequenced ? -1 : begin.first;
    this.highWater = begin.isUnsequenced ? -1 : begin.first - 1;
    this.firstSendTimeUs = begin.firstSendTimeUs;
    this.isHeadKnowable = begin.isHeadKnowable;
    this.firstHeardUs = begin.arrivalUs;
    this.lastHeardUs = begin.arrivalUs;
    this.firstHeardMs = begin.nowMs;
    this.highWaterAtUs = begin.isUnsequenced ? 0 : begin.arrivalUs;
  }

  isHeadKnown(): boolean {
    return this.isHeadKnowable && this.first === 0;
  }

  /** 0 = the run has none; relative ones mapped to wall time */
  greatestSendTimeUs(): number {
    const relative =
      this.clockBaseUs === undefined || this.maxRelativeUs === undefined
        ? 0
        : this.clockBaseUs + this.maxRelativeUs;
    return Math.max(this.maxWallTimeUs, relative);
  }

  expected(): number {
    return this.isUnsequenced ? 0 : this.highWater - this.first + 1;
  }

  /** numbers per second */
  rate(): number {
    return this.expected() / Math.max(1, (this.lastHeardUs - this.firstHeardUs) / 1e6);
  }

  silenceUs(arrivalUs: number): number {
    return Math.max(0, arrivalUs - this.lastHeardUs);
  }

  /** what lies ahead, since the clock was set back, is as long ago */
  isSilentFor(us: number, arrivalUs: number): boolean {
    return Math.abs(arrivalUs - this.lastHeardUs) >= us;
  }

  /** numbers it may have used since it was last heard */
  usedInSilence(arrivalUs: number): number {
    return (this.rate() * this.silenceUs(arrivalUs)) / 1e6;
  }

  gapOf(number: number): NaiveGap | undefined {
    return this.gaps.find((gap) => gap.first <= number && number <= gap.last);
  }

  /** Numbers become known to be absent; they are missing. */
  open(gap: NewGap): void {
    const unasked = { isAsked: false, kernelCause: undefined, requests: 0, askedAtMs: undefined };
    this.#insert({
      ...gap,
      ...unasked,
      hasRow: false,
      closedAtUs: 0,
      state: "open",
      cause: CAUSE.UNDETERMINED,
    });
    this.missing += gap.last - gap.first + 1;
  }

  /** An absent number arrived: what is left of its range are at most two ranges. */
  take(number: number, time: number): NaiveGap {
    const gap = this.gapOf(number);
    if (gap === undefined) throw new RangeError(`number ${number} is not absent`);
    this.#remove(gap);
    if (gap.first < number) this.#insert({ ...gap, last: number - 1, timeAfter: time });
    if (number < gap.last) this.#insert({ ...gap, first: number + 1, timeBefore: time });
    if (gap.state === "open") this.missing -= 1;
    else this.#addLost(gap.cause, -1);
    this.received.add(number);
    return gap;
  }

  /** Cut a range to [first, last]: what is outside stays as it is. @returns the part inside */
  cut(gap: NaiveGap, first: number, last: number): NaiveGap {
    this.#remove(gap);
    const inside = { ...gap, first: Math.max(first, gap.first), last: Math.min(last, gap.last) };
    if (gap.first < inside.first) {
      this.#insert({ ...gap, last: inside.first - 1, timeAfter: undefined });
      inside.timeBefore = undefined;
    }
    if (inside.last < gap.last) {
      this.#insert({ ...gap, first: inside.last + 1, timeBefore: undefined });
      inside.timeAfter = undefined;
    }
    this.#insert(inside);
    return inside;
  }

  /** The range is declared lost, number by number; consecutive numbers with one cause are one range. */
  close(gap: NaiveGap, causeOf: (number: number) => number): NaiveGap[] {
    const parts: NaiveGap[] = [];
    // a cause can only change at a number we shed, and behind it
    const cuts = [gap.first, ...[...this.shed].flatMap((number) => [number, number + 1]), gap.last + 1]
      .filter((cut) => gap.first <= cut && cut <= gap.last + 1)
      .sort((a, b) => a - b);
    for (const [index, first] of cuts.slice(0, -1).entries()) {
      const last = cuts[index + 1]! - 1;
      if (last < first) continue;
      const cause = causeOf(first);
      const part = parts.at(-1);
      if (part?.cause === cause) part.last = last;
      else parts.push({ ...gap, first, last, state: "lost", cause, timeBefore: undefined });
      this.missing -= last - first + 1;
      this.#addLost(cause, last - first + 1);
    }
    parts[0]!.timeBefore = gap.timeBefore;
    for (const part of parts.slice(0, -1)) part.timeAfter = undefined;
    this.#remove(gap);
    for (const part of parts) this.#insert(part);
    return parts;
  }

  /** R15: the lowest range, and all below it, is only counted from now on. */
  foldLowest(): void {
    const lowest = this.gaps.shift();
    if (lowest === undefined) throw new RangeError("no range to fold");
    this.foldedGaps.push(lowest);
    this.floor = lowest.last + 1;
  }

  #insert(gap: NaiveGap): void {
    this.gaps.push(gap);
    this.gaps.sort((a, b) => a.first - b.first);
  }

  #remove(gap: NaiveGap): void {
    this.gaps = this.gaps.filter((other) => other !== gap);
  }

  #addLost(cause: number, count: number): void {
    this.lost[cause] = this.lost[cause]! + count;
  }
}
