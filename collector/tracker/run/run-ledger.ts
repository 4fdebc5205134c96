import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { causeOfOne } from "../gap/causes.ts";
import { countGaps } from "../gap/count-gaps.ts";
import * as gapFields from "../gap/gap-fields.ts";
import { GapList } from "../gap/gap-list.ts";
import type { Arrival, Verdict } from "../types.ts";
import * as types from "../types.ts";
import { forgetAbove } from "./below.ts";
import * as runState from "./run-state.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { CAUSE, ROW, ROW_FLAG } = ledgerRow;
const { BY_EVIDENCE, GAP, GAP_STATE, OPENED_BY } = gapFields;
const { RUN_STATE } = runState;
const { VERDICT } = types;

/**
 * The bins of one run: raises and lowers its ends, opens gaps and fills them; GapCloser closes them. Every method leaves
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
    const { runs, options, heard } = this.#context;
    if (!runs.has(run, RUN_STATE.CUT_OFF)) return;
    // while it still is cut off: the time since it was heard last is no spacing of its arrivals
    runs.heard(run, arrival.arrivalUs);
    runs.set(run, RUN_STATE.CUT_OFF, false);
    heard.add(runs.at(run, ROW.RUN));
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
    forgetAbove(this.#context, run);
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
    this.#gapsOf(run).insert(
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
    countGaps(this.#context, run, 1);
    runs.plus(run, ROW.MISSING, last - first + 1);
    windows.schedule(run, deadline);
    openWindows.changed(run, 1);
    paths?.used(run, first, last, arrival.nowMs);
  }

  /** An absent number arrived. @returns VERDICT.REORDERED or VERDICT.LATE; VERDICT.RECOVERED when one of our NACKs had named it */
  fill(run: number, number: number, time: number, arrival: Arrival): Verdict {
    const { runs, openWindows, recovery, reordering } = this.#context;
    const gaps = this.#gapsOf(run);
    const index = gaps.find(number);
    const wasOpen = gaps.isOpen(index);
    const cause = gaps.get(index, GAP.CAUSE);
    this.#tellFilled(run, gaps, index, number, time, arrival);
    const requests = gaps.get(index, GAP.REQUESTS);
    const isRecovered = requests > 0;
    if (isRecovered)
      recovery?.answered(runs.device[run]!, requests, gaps.get(index, GAP.ASKED_AT), arrival.nowMs);
    // what is about to be asked for may be the answer to another collector that hears the same group: a longer window would only delay it
    else if (gaps.get(index, GAP.STATE) !== GAP_STATE.ASKED)
      reordering.came(
        run,
        number,
        gaps.get(index, GAP.OPENER),
        arrival.arrivalUs - gaps.get(index, GAP.OPENED_AT),
      );
    const countBefore = gaps.count;
    gaps.take(index, number, time);
    countGaps(this.#context, run, gaps.count - countBefore);
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

  /** R11: flags that follow from `first`. */
  markHead(run: number, startsAtZero: boolean): void {
    const { runs } = this.#context;
    if (startsAtZero && runs.at(run, ROW.FIRST) === 0) runs.setFlag(run, ROW_FLAG.HEAD_KNOWN, true);
  }

  /** Free a run's slot and what belongs to it. The caller unlinks it from its device. */
  release(run: number): void {
    const { runs, openWindows, shed, paths, reordering, transit } = this.#context;
    paths?.forget(run);
    openWindows.forget(run);
    shed.forget(run);
    reordering.forget(run);
    transit.forget(run);
    countGaps(this.#context, run, -(runs.gaps[run]?.count ?? 0));
    runs.remove(run);
  }

  #gapsOf(run: number): GapList {
    const { runs } = this.#context;
    let gaps = runs.gaps[run];
    if (gaps == null) {
      gaps = new GapList();
      runs.gaps[run] = gaps;
    }
    return gaps;
  }
}
