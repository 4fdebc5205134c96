import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { Range } from "../../../protocol/ranges.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import type { Arrival } from "../types.ts";
import { isAskable } from "./askable-gaps.ts";
import { type CausePart, partsByCause } from "./causes.ts";
import { countGaps } from "./count-gaps.ts";
import * as gapFields from "./gap-fields.ts";
import type { GapList } from "./gap-list.ts";
import { judgeAbsence } from "./judge-absence.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { CAUSE, ROW } = ledgerRow;
const { RETURN_PATH, SLOT } = deviceSlot;
const { ANSWER_MS, GAP, GAP_STATE } = gapFields;

/** how long after its window a range is asked for at most, milliseconds */
const ASKING_MS = 10_000;

/**
 * Closes the gaps that RunLedger opens: declares lost what is over, each number with its cause, and keeps the absent ranges of a device
 * bounded. Every method leaves `missing + lost` of a run what it was.
 */
export class GapCloser {
  readonly #context: TrackerContext;
  /** the run in which more was due than could be closed at once, and the number to go on at, since what comes meanwhile shifts the ranges; -1 = none */
  #cutRun = -1;
  #cutAt = 0;
  /** used again for each list */
  readonly #withGaps: number[] = [];

  constructor(context: TrackerContext) {
    this.#context = context;
  }

  /**
   * Declare lost what is due in a run (R9); what the device can be asked for again stays open instead.
   * @param limit - stop after so many, each row of a closed gap and each that is asked for counts
   * @returns how many there were; what is left is scheduled again
   */
  closeDue(run: number, drainedAtMs: number, wallUs: number, limit: number): number {
    const { runs, windows } = this.#context;
    const gaps = runs.gaps[run];
    if (gaps == null) return 0;
    let done = 0;
    let isClosed = false;
    const isAsked = this.#mayBeAsked(run, drainedAtMs);
    // the one that opened first is over first: of drops that several gaps share it is blamed on
    let index = this.#cutRun === run ? gaps.firstReaching(this.#cutAt) : gaps.lowestOpen();
    for (; index < gaps.count && done < limit; index++) {
      if (!gaps.isOpen(index) || gaps.get(index, GAP.DEADLINE) > drainedAtMs) continue;
      judgeAbsence(this.#context, run, gaps, index);
      done++;
      if (isAsked && this.#isToBeAsked(run, gaps, index, drainedAtMs)) continue;
      const before = gaps.count;
      this.#close(run, gaps, index, wallUs);
      index += gaps.count - before;
      done += gaps.count - before;
      isClosed = true;
    }
    // at the limit more may be due: the next call goes on here, so that what was passed is not looked at twice
    const isCut = done >= limit && index < gaps.count;
    this.#cutRun = isCut ? run : -1;
    if (isCut) this.#cutAt = gaps.get(index, GAP.FIRST);
    windows.schedule(run, isCut ? Number.NEGATIVE_INFINITY : gaps.earliestDeadline());
    if (isClosed) runs.touch(run);
    this.trim(runs.device[run]!, wallUs, drainedAtMs);
    return done;
  }

  /**
   * GONE: the device no longer holds these numbers; what it was asked for of them in a run is lost now, unless the cause is known to be ours.
   * @param named - a set, which costs what it and the list have together
   */
  gone(run: number, named: readonly Range[], arrival: Arrival): void {
    const { runs, openWindows } = this.#context;
    const gaps = runs.gaps[run];
    // few of an epoch's runs miss something; whether one may be asked is found out from all newer ones
    if (gaps == null || gaps.openCount === 0 || !isAskable(this.#context, run)) return;
    const wasAsked = (index: number): boolean =>
      gaps.get(index, GAP.STATE) === GAP_STATE.ASKED &&
      arrival.nowMs - gaps.get(index, GAP.ASKED_AT) <= ANSWER_MS;
    const cuts = gaps.cutAt(
      named.flatMap(([first, last]) => [first, last + 1]),
      wasAsked,
    );
    countGaps(this.#context, run, cuts);
    openWindows.changed(run, cuts);
    for (const [first, last] of named) {
      let index = gaps.firstReaching(first);
      for (; index < gaps.count && gaps.get(index, GAP.FIRST) <= last; index++) {
        if (!wasAsked(index)) continue;
        if (gaps.get(index, GAP.CAUSE) !== CAUSE.COLLECTOR_DOWN) gaps.set(index, GAP.CAUSE, CAUSE.GONE);
        const before = gaps.count;
        this.#close(run, gaps, index, arrival.arrivalUs);
        index += gaps.count - before;
        runs.touch(run);
      }
    }
  }

  /**
   * R15: as long as a device has too many absent ranges, the lowest of its oldest run is only counted from now on.
   * @param drainedAtMs - windows are over that end by then, though their run may not have had its turn
   */
  trim(device: number, wallUs: number, drainedAtMs = Number.NEGATIVE_INFINITY): void {
    if (!this.#hasTooMany(device)) return;
    const { runs } = this.#context;
    const newestFirst = this.#listWithGaps(device);
    while (this.#hasTooMany(device)) {
      const oldest = newestFirst.at(-1)!;
      this.#fold(oldest, wallUs, drainedAtMs);
      if (runs.gaps[oldest]!.count === 0) newestFirst.pop();
    }
  }

  #hasTooMany(device: number): boolean {
    const { devices, options, gapCount } = this.#context;
    const gaps = devices.int(device, SLOT.GAPS);
    return gaps > options.maxGapsPerDevice || (gapCount > options.maxGaps && gaps > 0);
  }

  /** The run is about to leave the memory for good: nothing of it may stay missing. */
  closeAll(run: number, wallUs: number): void {
    this.#cutRun = -1;
    this.closeDue(run, Number.POSITIVE_INFINITY, wallUs, Number.POSITIVE_INFINITY);
  }

  /** Whether the device can be asked for what is missing of the run: found out from all newer ones, once for all its ranges. */
  #mayBeAsked(run: number, nowMs: number): boolean {
    const { recovery, runs, devices } = this.#context;
    if (recovery === null || nowMs === Number.POSITIVE_INFINITY) return false;
    const path = devices.int(runs.device[run]!, SLOT.RETURN_PATH);
    return path >= RETURN_PATH.UNHEARD && isAskable(this.#context, run);
  }

  /** The window of the range is over; while it can be asked for it stays open. */
  #isToBeAsked(run: number, gaps: GapList, index: number, nowMs: number): boolean {
    const { recovery, runs, devices } = this.#context;
    if (gaps.get(index, GAP.STATE) === GAP_STATE.ASKED) return false;
    // a start may raise the floor above it (retention): what came would be rejected
    if (gaps.get(index, GAP.FIRST) < runs.at(run, ROW.FLOOR)) return false;
    const device = runs.device[run]!;
    const listener = devices.int(device, SLOT.RETURN_PATH) - 1;
    const askMs = recovery!.windowOver(device, listener, gaps.get(index, GAP.REQUESTS), nowMs);
    if (askMs < 0) return false;
    gaps.ask(index, askMs, nowMs + ASKING_MS);
    return true;
  }

  #close(run: number, gaps: GapList, at: number, wallUs: number): void {
    const { shed, openWindows } = this.#context;
    const first = gaps.get(at, GAP.FIRST);
    const parts = partsByCause(shed, run, first, gaps.get(at, GAP.LAST), gaps.get(at, GAP.CAUSE));
    let index = at;
    for (const part of parts) {
      if (part.last < gaps.get(index, GAP.LAST)) this.#split(run, gaps, index, part.last + 1);
      this.#declareLost(run, gaps, index, part, wallUs);
      index++;
    }
    openWindows.changed(run, -1);
  }

  #declareLost(run: number, gaps: GapList, index: number, part: CausePart, wallUs: number): void {
    const { runs, sink } = this.#context;
    const count = gaps.size(index);
    gaps.close(index, part.cause);
    runs.plus(run, ROW.MISSING, -count);
    runs.plus(run, ROW.LOST + part.cause, count);
    sink.gapLost(
      runs.at(run, ROW.RUN),
      part.first,
      part.last,
      gaps.get(index, GAP.OPENED_AT),
      wallUs,
      part.cause,
      gaps.get(index, GAP.TIME_BEFORE),
      gaps.get(index, GAP.TIME_AFTER),
      gaps.get(index, GAP.REQUESTS),
    );
  }

  #split(run: number, gaps: GapList, index: number, at: number): void {
    gaps.cut(index, at);
    countGaps(this.#context, run, 1);
  }

  #fold(run: number, wallUs: number, drainedAtMs: number): void {
    const { runs } = this.#context;
    const gaps = runs.gaps[run]!;
    const last = gaps.get(0, GAP.LAST);
    if (gaps.isOpen(0)) {
      if (gaps.get(0, GAP.DEADLINE) <= drainedAtMs) judgeAbsence(this.#context, run, gaps, 0);
      this.#close(run, gaps, 0, wallUs);
    }
    while (gaps.count > 0 && gaps.get(0, GAP.FIRST) <= last) {
      gaps.remove(0);
      countGaps(this.#context, run, -1);
    }
    runs.put(run, ROW.FLOOR, Math.max(last + 1, runs.at(run, ROW.FLOOR)));
    runs.touch(run);
  }

  /** Its runs with absent ranges, listed once for all that give way: there may be thousands of either. */
  #listWithGaps(device: number): number[] {
    const { devices, runs } = this.#context;
    const newestFirst = this.#withGaps;
    newestFirst.length = 0;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if ((runs.gaps[run]?.count ?? 0) > 0) newestFirst.push(run);
    return newestFirst;
  }
}
