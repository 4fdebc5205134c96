import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as gapFields from "./gap-fields.ts";
import { RejectedSources } from "./rejected-sources.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { CAUSE } = ledgerRow;
const { BY_EVIDENCE } = gapFields;

/** spans with drops kept apart per listener; beyond them the two oldest become one */
const MAX_SPANS = 1024;
/** a loss that the drops do not explain makes both causes possible so long before and after it */
const DOUBT_MS = 10_000;
const NEVER = Number.NEGATIVE_INFINITY;

/** What a device is heard by, as one integer (`SLOT.HEARD_BY`): 0 = nothing, listener + 1, or of several below 0 with a bit for each. */
const SEVERAL = 1 << 31;
/** listeners from this one on share a bit */
const LAST_BIT = 30;

const bitOf = (listener: number): number => 1 << Math.min(listener, LAST_BIT);

/** @param heardBy - as `SLOT.HEARD_BY` */
export const isHeardBy = (heardBy: number, listener: number): boolean =>
  heardBy === listener + 1 || (heardBy < 0 && (heardBy & bitOf(listener)) !== 0);

/** @returns the same once it was heard by that listener too */
export const heardAlsoBy = (heardBy: number, listener: number): number => {
  if (heardBy === 0) return listener + 1;
  if (isHeardBy(heardBy, listener)) return heardBy;
  return SEVERAL | (heardBy > 0 ? bitOf(heardBy - 1) : heardBy) | bitOf(listener);
};

/** An absent range whose window is over. Times are monotonic milliseconds. */
export interface Absence {
  /** what its device is heard by: `heardAlsoBy` */
  heardBy: number;
  address: string;
  port: number;
  /** its numbers arrived after that, if they did, and before that */
  fromMs: number;
  toMs: number;
  /** numbers that we did not shed ourselves */
  count: number;
}

/**
 * What the kernel's drop counters say about the cause of a loss (docs/ledger.md, "The kernel's counters"). Counters are read from time to
 * time; what counts is whether one moved between two readings, and by how much.
 */
export class KernelEvidence {
  readonly #listeners: ListenerDrops[] = [];
  readonly #rejected = new RejectedSources();
  readonly #isShared: boolean;
  #coveredMs = NEVER;

  /**
   * @param isShared - others judge by the same drops: whose a drop was cannot be said then, only that there was none
   */
  constructor(isShared = false) {
    this.#isShared = isShared;
  }

  /** What is read from the sockets from now on arrived after this; monotonic milliseconds. */
  get coveredMs(): number {
    return this.#coveredMs;
  }

  /** Listening begins. */
  begin(nowMs: number): void {
    this.#coveredMs = nowMs;
  }

  /**
   * The counters were read.
   * @param drainedAtMs - what had arrived before has been read from the sockets
   * @param drops - since the start, by listener; null = the system does not tell, or the listener is not up
   */
  sample(nowMs: number, drainedAtMs: number, drops: readonly (number | null)[]): void {
    for (const [index, count] of drops.entries()) {
      this.#listeners[index] ??= new ListenerDrops();
      this.#listeners[index].sample(this.#coveredMs, nowMs, count);
    }
    this.#coveredMs = Math.max(this.#coveredMs, drainedAtMs);
  }

  /** A datagram from there could not be decoded: it may have been any of its numbers. */
  rejected(address: string, port: number, nowMs: number): void {
    this.#rejected.add(address, port, nowMs);
  }

  /** @returns CAUSE.NETWORK or CAUSE.SOCKET_OVERFLOW, whose drops are taken then; BY_EVIDENCE = neither can be said */
  judge(absence: Absence): number {
    const { heardBy, address, port, fromMs, toMs, count } = absence;
    if (fromMs === NEVER || toMs > this.#coveredMs || this.#rejected.lastMs(address, port) >= fromMs)
      return BY_EVIDENCE;
    const drops = this.#listeners[heardBy - 1];
    if (drops !== undefined && !this.#isShared) return drops.judge(fromMs, toMs, count);
    // what others dropped, or that they are not up, says nothing about it
    const heard = this.#listeners.filter((_, listener) => isHeardBy(heardBy, listener));
    return judgeUnmoved(heard, fromMs, toMs);
  }
}

/** Of several that may have dropped it only that none did says something. */
const judgeUnmoved = (listeners: readonly ListenerDrops[], fromMs: number, toMs: number): number => {
  const isUnmoved = listeners.every((drops) => drops.isUnmoved(fromMs, toMs));
  if (!isUnmoved || listeners.length === 0) return BY_EVIDENCE;
  for (const drops of listeners) drops.doubt(toMs);
  return CAUSE.NETWORK;
};

/** Between two readings that differ. */
interface Span {
  fromMs: number;
  toMs: number;
  /** drops that no lost number is blamed on yet; NaN = could not be read */
  left: number;
}

class ListenerDrops {
  /** oldest first */
  readonly #spans: Span[] = [];
  /** undefined = never read, null = not at the last reading */
  #last: number | null | undefined;
  /** until then something got lost that drops do not explain, as far as was known at the last reading, and by now */
  #doubtedMs = NEVER;
  #doubtMs = NEVER;

  sample(fromMs: number, nowMs: number, drops: number | null): void {
    // what is judged between two readings is judged alike, in whatever order
    this.#doubtedMs = this.#doubtMs;
    if (drops === null) {
      if (this.#last === undefined) return;
      this.#last = null;
      this.#add({ fromMs, toMs: nowMs, left: Number.NaN });
      return;
    }
    // a socket that has just been bound dropped nothing before
    const moved = this.#last === null ? Number.NaN : drops - (this.#last ?? 0);
    this.#last = drops;
    if (moved !== 0) this.#add({ fromMs, toMs: nowMs, left: moved });
  }

  judge(fromMs: number, toMs: number, count: number): number {
    if (this.#last == null) return BY_EVIDENCE;
    const first = this.#firstReaching(fromMs);
    const end = this.#endOf(first, toMs);
    let left = 0;
    for (let at = first; at < end; at++) left += this.#spans[at]!.left;
    if (Number.isNaN(left)) return BY_EVIDENCE;
    if (count > left) {
      this.doubt(toMs);
      return first === end ? CAUSE.NETWORK : BY_EVIDENCE;
    }
    if (this.#doubtedMs >= fromMs - DOUBT_MS) return BY_EVIDENCE;
    this.#take(first, end, count);
    return CAUSE.SOCKET_OVERFLOW;
  }

  isUnmoved(fromMs: number, toMs: number): boolean {
    if (this.#last == null) return false;
    const first = this.#firstReaching(fromMs);
    return first === this.#endOf(first, toMs);
  }

  /** Something got lost until then that the drops do not explain. */
  doubt(toMs: number): void {
    this.#doubtMs = Math.max(this.#doubtMs, toMs);
  }

  #add(span: Span): void {
    const spans = this.#spans;
    spans.push(span);
    if (spans.length <= MAX_SPANS) return;
    const [first, second] = spans.splice(0, 2) as [Span, Span];
    spans.unshift({ fromMs: first.fromMs, toMs: second.toMs, left: first.left + second.left });
  }

  /** The oldest drops go first: later gaps may reach back only to newer ones. */
  #take(first: number, end: number, count: number): void {
    let wanted = count;
    for (let at = first; at < end && wanted > 0; at++) {
      const span = this.#spans[at]!;
      const taken = Math.min(wanted, span.left);
      span.left -= taken;
      wanted -= taken;
    }
  }

  /** index of the oldest span that may have something in it of this time or later: [it, `#endOf`) are those of a stretch of time */
  #firstReaching(fromMs: number): number {
    let first = this.#spans.length;
    while (first > 0 && this.#spans[first - 1]!.toMs >= fromMs) first--;
    return first;
  }

  #endOf(first: number, toMs: number): number {
    let end = first;
    while (end < this.#spans.length && this.#spans[end]!.fromMs <= toMs) end++;
    return end;
  }
}
