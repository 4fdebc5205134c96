import * as ledgerRow from "../../protocol/ledger-row.ts";
import { isAskable } from "./askable-gaps.ts";
import { type CausePart, causeOfOne, partsByCause } from "./causes.ts";
import type { TrackerContext } from "./context.ts";
import * as deviceSlot from "./device-slot.ts";
import * as gapFields from "./gap-fields.ts";
import { GapList } from "./gap-list.ts";
import { judgeAbsence } from "./judge-absence.ts";
import * as runState from "./run-state.ts";
import type { Arrival, Verdict } from "./types.ts";
import * as types from "./types.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { CAUSE, ROW, ROW_FLAG } = ledgerRow;
const { RETURN_PATH, SLOT } = deviceSlot;
const { ANSWER_MS, BY_EVIDENCE, GAP, GAP_STATE, OPENED_BY } = gapFields;
const { RUN_STATE } = runState;
const { VERDICT } = types;

/** how long after its window a range is asked for at most, milliseconds */
const ASKING_MS = 10_000;

/**
 * The bins of one run: opens gaps, fills them, closes them, keeps them bounded. Every method leaves
 * `expected = received + missing + lost` true, once the caller has counted the number it is about.
 */
export class RunLedger {
  readonly #context: TrackerContext;

  constructor(context: TrackerContext) {
    this.#context = context;
  }

  /**
   * Numbers up to `top` have been used, the ones above the old high water up to `lastAbsent` are absent.
   * @param time - send or else arrival time of the datagram that said so
   */
  raise(run: number, top: number, lastAbsent: number, time: number, arrival: Arrival): void {
    const { runs } = this.#context;
    const firstAbsent = runs.at(run, ROW.HIGH_WATER) + 1;
    this.reachEnd(run, arrival);
    if (lastAbsent >= firstAbsent) {
      const opener = lastAbsent === top ? OPENED_BY.CONTROL : this.#context.reordering.ordinalOf(run);
      this.openGap(run, firstAbsent, lastAbsent, false, runs.highTime[run]!, time, arrival, opener);
    }
    runs.put(run, ROW.HIGH_WATER, top);
    runs.put(run, ROW.HIGH_WATER_AT, arrival.arrivalUs);
    runs.highTime[run] = time;
    runs.clearMs[run] = this.#context.kernel.coveredMs;
  }

  /** R14 a: the run is heard up to its end for the first time since the start; what it opens from here for W was not heard because we were down. */
  reachEnd(run: number, arrival: Arrival): void {
    const { runs, options } = this.#context;
    if (!runs.has(run, RUN_STATE.CUT_OFF)) return;
    runs.set(run, RUN_STATE.CUT_OFF, false);
    runs.downUntilMs[run] = arrival.nowMs + options.windowMs;
  }

  /** R2: a number below the first one came soon after it. */
  lower(run: number, number: number, time: number, arrival: Arrival): void {
    const { runs, reordering } = this.#context;
    const oldFirst = runs.at(run, ROW.FIRST);
    const opener = reordering.openerBelow(run);
    reordering.came(run, number, opener, arrival.arrivalUs - runs.at(run, ROW.FIRST_ARRIVAL));
    const firstTime = runs.at(run, ROW.FIRST_SEND_TIME) || runs.at(run, ROW.FIRST_ARRIVAL);
    runs.put(run, ROW.FIRST, number);
    runs.add1(run, ROW.REORDERED);
    if (oldFirst - number > 1)
      this.openGap(run, number + 1, oldFirst - 1, true, time, firstTime, arrival, opener);
  }

  /** Numbers become known to be absent; their window begins. @param opener - GAP.OPENER */
  openGap(
    run: number,
    first: number,
    last: number,
    isBelowFirst: boolean,
    timeBefore: number,
    timeAfter: number,
    arrival: Arrival,
    opener: number,
  ): void {
    const { runs, options, windows, openWindows, downUntilMs, paths } = this.#context;
    const wasDown = arrival.nowMs <= downUntilMs || arrival.nowMs <= runs.downUntilMs[run]!;
    const otherwise = isBelowFirst ? CAUSE.UNDETERMINED : BY_EVIDENCE;
    const presumed = wasDown ? CAUSE.COLLECTOR_DOWN : otherwise;
    const deadline = arrival.nowMs + options.windowMs;
    this.gapsOf(run).insert(
      first,
      last,
      GAP_STATE.WINDOW,
      presumed,
      arrival.arrivalUs,
      deadline,
      timeBefore,
      timeAfter,
      0,
      runs.clearMs[run]!,
      opener,
    );
    this.#countGaps(run, 1);
    runs.plus(run, ROW.MISSING, last - first + 1);
    windows.schedule(run, deadline);
    openWindows.changed(run, 1);
    paths?.used(run, first, last, arrival.nowMs);
  }

  /** An absent number arrived. @returns VERDICT.REORDERED or VERDICT.LATE; VERDICT.RECOVERED when one of our NACKs had named it */
  fill(run: number, number: number, time: number, arrival: Arrival): Verdict {
    const { runs, openWindows, recovery, reordering } = this.#context;
    const gaps = this.gapsOf(run);
    const index = gaps.find(number);
    const wasOpen = gaps.isOpen(index);
    const cause = gaps.get(index, GAP.CAUSE);
    this.#tellFilled(run, gaps, index, number, time, arrival);
    const requests = gaps.get(index, GAP.REQUESTS);
    const isRecovered = requests > 0;
    if (isRecovered)
      recovery?.answered(runs.device[run]!, requests, gaps.get(index, GAP.ASKED_AT), arrival.nowMs);
    else
      reordering.came(
        run,
        number,
        gaps.get(index, GAP.OPENER),
        arrival.arrivalUs - gaps.get(index, GAP.OPENED_AT),
      );
    const countBefore = gaps.count;
    gaps.take(index, number, time);
    this.#countGaps(run, gaps.count - countBefore);
    if (wasOpen) {
      runs.plus(run, ROW.MISSING, -1);
      runs.add1(run, isRecovered ? ROW.RECOVERED : ROW.REORDERED);
      openWindows.changed(run, gaps.count - countBefore);
      return isRecovered ? VERDICT.RECOVERED : VERDICT.REORDERED;
    }
    runs.plus(run, ROW.LOST + cause, -1);
    runs.add1(run, isRecovered ? ROW.RECOVERED : ROW.LATE);
    return isRecovered ? VERDICT.RECOVERED : VERDICT.LATE;
  }

  /** R13: what comes within its window is only counted; of the rest is told what became of it. */
  #tellFilled(
    run: number,
    gaps: GapList,
    index: number,
    number: number,
    time: number,
    arrival: Arrival,
  ): void {
    const state = gaps.get(index, GAP.STATE);
    if (state === GAP_STATE.WINDOW) return;
    const { runs, sink, shed } = this.#context;
    const cause = gaps.get(index, GAP.CAUSE);
    const wasLost = state === GAP_STATE.LOST;
    sink.gapFilled(
      runs.at(run, ROW.RUN),
      number,
      arrival.arrivalUs,
      wasLost,
      gaps.get(index, GAP.OPENED_AT),
      wasLost ? cause : causeOfOne(shed, run, number, cause),
      time,
      gaps.get(index, GAP.REQUESTS),
    );
  }

  /**
   * Declare lost what is due in a run (R9); what the device can be asked for again stays open instead.
   * @param limit - at most so many gaps
   * @returns how many were closed; what is left is scheduled again
   */
  closeDue(run: number, drainedAtMs: number, wallUs: number, limit: number): number {
    const { runs, windows } = this.#context;
    const gaps = runs.gaps[run];
    if (gaps == null) return 0;
    let closed = 0;
    // the one that opened first is over first: of drops that several gaps share it is blamed on
    for (let index = gaps.lowestOpen(); index < gaps.count && closed < limit; index++) {
      if (!gaps.isOpen(index) || gaps.get(index, GAP.DEADLINE) > drainedAtMs) continue;
      judgeAbsence(this.#context, run, gaps, index);
      if (this.#isToBeAsked(run, gaps, index, drainedAtMs)) continue;
      const before = gaps.count;
      this.#close(run, gaps, index, wallUs);
      index += gaps.count - before;
      closed++;
    }
    // at the limit more may be due: the next call looks, so that each gap is not searched for twice
    const isCut = closed === limit && gaps.openCount > 0;
    windows.schedule(run, isCut ? drainedAtMs : gaps.earliestDeadline());
    if (closed > 0) runs.touch(run);
    this.trim(runs.device[run]!, wallUs);
    return closed;
  }

  /** GONE: the device no longer holds [first, last]; what it was asked for of them is lost now, unless the cause is known to be ours. */
  gone(run: number, first: number, last: number, arrival: Arrival): void {
    const gaps = this.gapsOf(run);
    for (
      let index = gaps.firstReaching(first);
      index < gaps.count && gaps.get(index, GAP.FIRST) <= last;
      index++
    ) {
      const wasAsked = arrival.nowMs - gaps.get(index, GAP.ASKED_AT) <= ANSWER_MS;
      if (!wasAsked || gaps.get(index, GAP.STATE) !== GAP_STATE.ASKED) continue;
      const cause = gaps.get(index, GAP.CAUSE);
      if (gaps.get(index, GAP.LAST) > last) this.#splitOpen(run, gaps, index, last + 1);
      if (gaps.get(index, GAP.FIRST) < first) {
        this.#splitOpen(run, gaps, index, first);
        index++;
      }
      if (cause !== CAUSE.COLLECTOR_DOWN) gaps.set(index, GAP.CAUSE, CAUSE.GONE);
      const before = gaps.count;
      this.#close(run, gaps, index, arrival.arrivalUs);
      index += gaps.count - before;
      this.#context.runs.touch(run);
    }
  }

  /** R15: as long as a device has too many absent ranges, the lowest of its oldest run is only counted from now on. */
  trim(device: number, wallUs: number): void {
    const { devices, options } = this.#context;
    while (
      devices.int(device, SLOT.GAPS) > options.maxGapsPerDevice ||
      (this.#context.gapCount > options.maxGaps && devices.int(device, SLOT.GAPS) > 0)
    )
      this.#fold(this.#oldestWithGaps(device), wallUs);
  }

  /** The run is about to leave the memory for good: nothing of it may stay missing. */
  closeAll(run: number, wallUs: number): void {
    this.closeDue(run, Number.POSITIVE_INFINITY, wallUs, Number.POSITIVE_INFINITY);
  }

  /** Free a run's slot and what belongs to it. The caller unlinks it from its device. */
  release(run: number): void {
    const { runs, openWindows, shed, paths, reordering, transit } = this.#context;
    paths?.forget(run);
    openWindows.forget(run);
    shed.forget(run);
    reordering.forget(run);
    transit.forget(run);
    this.#countGaps(run, -(runs.gaps[run]?.count ?? 0));
    runs.remove(run);
  }

  gapsOf(run: number): GapList {
    const { runs } = this.#context;
    let gaps = runs.gaps[run];
    if (gaps == null) {
      gaps = new GapList();
      runs.gaps[run] = gaps;
    }
    return gaps;
  }

  /** The window of the range is over; while it can be asked for it stays open. */
  #isToBeAsked(run: number, gaps: GapList, index: number, nowMs: number): boolean {
    const { recovery, runs, devices } = this.#context;
    if (recovery === null || gaps.get(index, GAP.STATE) === GAP_STATE.ASKED || nowMs === Infinity)
      return false;
    const device = runs.device[run]!;
    const path = devices.int(device, SLOT.RETURN_PATH);
    if (path === RETURN_PATH.NONE || !isAskable(this.#context, run)) return false;
    const askMs = recovery.windowOver(device, path - 1, gaps.get(index, GAP.REQUESTS), nowMs);
    if (askMs < 0) return false;
    gaps.ask(index, askMs, nowMs + ASKING_MS);
    return true;
  }

  #splitOpen(run: number, gaps: GapList, index: number, at: number): void {
    this.#split(run, gaps, index, at);
    this.#context.openWindows.changed(run, 1);
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
    this.#countGaps(run, 1);
  }

  #fold(run: number, wallUs: number): void {
    const { runs } = this.#context;
    const gaps = this.gapsOf(run);
    const floor = gaps.get(0, GAP.LAST) + 1;
    if (gaps.isOpen(0)) this.#close(run, gaps, 0, wallUs);
    while (gaps.count > 0 && gaps.get(0, GAP.FIRST) < floor) {
      gaps.remove(0);
      this.#countGaps(run, -1);
    }
    runs.put(run, ROW.FLOOR, floor);
    runs.touch(run);
  }

  #oldestWithGaps(device: number): number {
    const { devices, runs } = this.#context;
    let oldest = -1;
    for (let run = devices.int(device, SLOT.NEWEST); run >= 0; run = runs.older[run]!)
      if ((runs.gaps[run]?.count ?? 0) > 0) oldest = run;
    return oldest;
  }

  #countGaps(run: number, delta: number): void {
    const { runs, devices } = this.#context;
    const device = runs.device[run]!;
    devices.setInt(device, SLOT.GAPS, devices.int(device, SLOT.GAPS) + delta);
    this.#context.gapCount += delta;
  }

  /** R11: flags that follow from `first`. */
  markHead(run: number, startsAtZero: boolean): void {
    const { runs } = this.#context;
    if (startsAtZero && runs.at(run, ROW.FIRST) === 0) runs.setFlag(run, ROW_FLAG.HEAD_KNOWN, true);
  }
}
