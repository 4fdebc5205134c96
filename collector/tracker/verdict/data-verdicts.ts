import type { EventKind } from "../../../protocol/batch.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import * as reasons from "../../../protocol/reasons.ts";
import { mapRelative } from "../arrival/send-time.ts";
import { isSampled } from "../arrival/transit.ts";
import * as deviceSlot from "../device/device-slot.ts";
import { elapsedUs } from "../elapsed.ts";
import type { TrackerParts } from "../parts.ts";
import { reportRun, reuseKind } from "../run/run-events.ts";
import * as runState from "../run/run-state.ts";
import type { Arrival, Verdict } from "../types.ts";
import * as types from "../types.ts";
import * as beliefModule from "./belief.ts";
import { contactOf, startsAtZero } from "./first-contact.ts";
import type { Held } from "./holds.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW, ROW_FLAG } = ledgerRow;
const { REJECT } = reasons;
const { BELIEF } = beliefModule;
const { MARK, SLOT } = deviceSlot;
const { RUN_STATE } = runState;
const { VERDICT } = types;

/** R5: copies are not expected so long after the high water rose last */
const QUIET_US = 10_000_000;

/** Verdicts on DATA datagrams, step by step as in docs/ledger.md. */
export class DataVerdicts {
  readonly #parts: TrackerParts;

  constructor(parts: TrackerParts) {
    this.#parts = parts;
  }

  /** @param slot - of the device, -1 when it is not in memory */
  verdict(slot: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { context, admission, outcome, sources } = this.#parts;
    const device = slot >= 0 ? slot : admission.admit(datagram, arrival);
    if (device < 0) return outcome.reject(REJECT["device-limit"]);
    outcome.slot = device;
    outcome.device = context.devices.mark(device, MARK.DEVICE);
    sources.heard(device, arrival);
    if (datagram.sequence < 0) return this.#unsequenced(device, arrival);
    return this.#numbered(device, datagram, arrival);
  }

  /** Steps 3 and 4: the first run that believes the number takes it. */
  #numbered(device: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { epochs, owning, believer, outcome, context } = this.#parts;
    const newest = epochs.newestBefore(device, datagram.epoch, arrival);
    // step 7: an epoch nobody knew
    if (newest < 0) return this.#begin(device, datagram, arrival);
    let run = owning.newest(newest, datagram, outcome.absoluteUs, outcome.relativeUs);
    for (; run >= 0; run = owning.older(run)) {
      const belief = believer.judge(run, datagram, arrival);
      // R7: how often the circle went round meanwhile nobody knows
      if (belief === BELIEF.RUN_OVER) return this.#begin(device, datagram, arrival, "run-split");
      if (belief !== BELIEF.NONE) return this.#believed(belief, run, believer.number, datagram, arrival);
      // one numbering at a time where no epoch tells them apart
      if (datagram.epoch < 0) break;
    }
    believer.extend(newest, datagram.sequence, datagram.sequenceBits, arrival);
    const isBeforeFirst = believer.number < context.runs.at(newest, ROW.FIRST);
    return this.#unbelieved(device, isBeforeFirst, datagram, arrival);
  }

  #believed(belief: number, run: number, number: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { context, ledger, outcome } = this.#parts;
    if (belief === BELIEF.ABOVE) return this.#above(run, number, arrival);
    if (belief === BELIEF.BELOW_FLOOR) return outcome.reject(REJECT["below-floor"]);
    if (belief === BELIEF.RECEIVED) return this.#again(run, number, datagram, arrival);
    const sendTimeUs = outcome.stamp(context.runs, run, arrival);
    const time = sendTimeUs || arrival.arrivalUs;
    let verdict: Verdict = VERDICT.REORDERED;
    if (belief === BELIEF.ABSENT) verdict = ledger.fill(run, number, time, arrival);
    else {
      ledger.lower(run, number, time, arrival);
      ledger.markHead(run, startsAtZero(datagram));
    }
    this.#accept(run, number, sendTimeUs, false, verdict === VERDICT.RECOVERED, arrival);
    return verdict;
  }

  /** The number is above the run's high water. */
  #above(run: number, number: number, arrival: Arrival): Verdict {
    const { context, ledger, admission, outcome } = this.#parts;
    const { runs, devices } = context;
    const hadReceived = runs.received(run) > 0;
    const isConsecutive = hadReceived && number === runs.at(run, ROW.HIGH_WATER) + 1;
    const sendTimeUs = isConsecutive
      ? this.#stampPair(run, number, arrival)
      : outcome.stamp(runs, run, arrival);
    ledger.raise(run, number, number - 1, sendTimeUs || arrival.arrivalUs, arrival);
    runs.add1(run, ROW.IN_ORDER);
    runs.setFlag(run, ROW_FLAG.TAIL_KNOWN, false);
    runs.setFlag(run, ROW_FLAG.ENDED, false);
    const device = runs.device[run]!;
    if (isConsecutive && devices.int(device, SLOT.CONFIRMED) === 0) admission.confirm(device);
    // it speaks first (DESCRIBE) and begins then: the time between is no cadence
    this.#accept(run, number, sendTimeUs, isConsecutive, !hadReceived, arrival);
    runs.put(run, ROW.SLEEP_UNTIL, 0);
    return VERDICT.IN_ORDER;
  }

  /** Step 5: the number was received already. */
  #again(run: number, number: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { context, epochs, holds, outcome, sources } = this.#parts;
    const { runs } = context;
    const device = runs.device[run]!;
    // R5: the sender began anew under the same epoch
    if (outcome.isSentLater(runs, run))
      return this.#begin(device, datagram, arrival, reuseKind(sources, device, arrival));
    if (context.paths?.again(run, number, arrival.listener, arrival.nowMs) === true) {
      runs.add1(run, ROW.REDUNDANT);
      runs.touch(run);
      return VERDICT.REDUNDANT;
    }
    const timeTells = outcome.absoluteUs !== 0 && runs.at(run, ROW.MAX_SEND_TIME) !== 0;
    const isQuiet = elapsedUs(runs.at(run, ROW.HIGH_WATER_AT), arrival.arrivalUs) > QUIET_US;
    // the answer to a NACK may come twice
    const isUnasked = context.recovery?.wasAsked(device, null, arrival.nowMs) !== true;
    if (!timeTells && isQuiet && isUnasked) {
      const held = holds.takeConfirmed(device, datagram, true);
      if (held !== undefined) return this.#confirmed(device, held, arrival);
      return this.#hold(device, run, 0, datagram, arrival);
    }
    if (runs.has(run, RUN_STATE.CLOSED)) epochs.reopen(run);
    runs.add1(run, ROW.DUPLICATES);
    runs.heardOffBeat(run, arrival.arrivalUs);
    return VERDICT.DUPLICATE;
  }

  /** Step 6: no run believes the number. */
  #unbelieved(device: number, isBeforeFirst: boolean, datagram: Datagram, arrival: Arrival): Verdict {
    const { holds } = this.#parts;
    const held = holds.takeConfirmed(device, datagram, false);
    if (held !== undefined) return this.#confirmed(device, held, arrival);
    const code = REJECT[isBeforeFirst ? "before-first" : "implausible-sequence"];
    return this.#hold(device, -1, code, datagram, arrival);
  }

  #hold(device: number, owner: number, rejectCode: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { epochs, holds, outcome } = this.#parts;
    const { epoch } = datagram;
    // what makes a second run of a declared epoch is no beginning (R2)
    const mayBegin = owner >= 0 || epoch < 0;
    const contact = contactOf(datagram, outcome, arrival, mayBegin && epochs.isUnbroken(device));
    holds.hold(device, { epoch, contact, owner, rejectCode, listener: arrival.listener });
    return VERDICT.HELD;
  }

  /** The held datagram and the one after it are received in a run of their own. */
  #confirmed(device: number, held: Held, arrival: Arrival): Verdict {
    const { context, epochs, holds, outcome, sources } = this.#parts;
    const run = epochs.begin(device, held.epoch, held.contact, arrival);
    if (run < 0) {
      holds.refuse(device, held);
      return outcome.reject(REJECT["too-many-epochs"]);
    }
    reportRun(context, held.owner >= 0 ? reuseKind(sources, device, arrival) : "run-split", run, arrival);
    this.#receiveHeld(run, held, arrival);
    return this.#above(run, context.runs.at(run, ROW.HIGH_WATER) + 1, arrival);
  }

  #receiveHeld(run: number, held: Held, { nowMs }: Arrival): void {
    const { context, outcome } = this.#parts;
    const { runs, sink } = context;
    const { absoluteUs, relativeUs, arrivalUs, number } = held.contact;
    const sendTimeUs = absoluteUs || mapRelative(runs, run, relativeUs, arrivalUs);
    runs.add1(run, ROW.IN_ORDER);
    runs.put(run, ROW.MAX_SEND_TIME, sendTimeUs);
    outcome.runSlot = run;
    outcome.heldSendTimeUs = sendTimeUs;
    context.paths?.first(run, number, held.listener, nowMs);
    sink.heldAccepted(outcome.device, runs.at(run, ROW.RUN), number, held.listener);
  }

  /** A run begins with this datagram, which is received in it. @param event - what is told of it */
  #begin(device: number, datagram: Datagram, arrival: Arrival, event?: EventKind): Verdict {
    const { context, epochs, outcome } = this.#parts;
    const contact = contactOf(datagram, outcome, arrival, epochs.isUnbroken(device));
    const run = epochs.begin(device, datagram.epoch, contact, arrival);
    if (run < 0) return outcome.reject(REJECT["too-many-epochs"]);
    if (event !== undefined) reportRun(context, event, run, arrival);
    const { runs } = context;
    runs.add1(run, ROW.IN_ORDER);
    this.#accept(run, datagram.sequence, outcome.stamp(runs, run, arrival), false, false, arrival);
    return VERDICT.IN_ORDER;
  }

  /** R10: numbered by us, since nobody else did. */
  #unsequenced(device: number, arrival: Arrival): Verdict {
    const { context, epochs, admission, outcome } = this.#parts;
    const { devices, runs } = context;
    let run = devices.int(device, SLOT.UNSEQUENCED);
    if (run < 0 && context.runNumbers.isUsedUp) return outcome.reject(REJECT["too-many-epochs"]);
    if (run < 0) {
      run = epochs.add(device, -1, RUN_STATE.UNSEQUENCED);
      devices.setInt(device, SLOT.UNSEQUENCED, run);
      runs.setFlag(run, ROW_FLAG.UNSEQUENCED, true);
      runs.put(run, ROW.FIRST_ARRIVAL, arrival.arrivalUs);
      runs.put(run, ROW.LAST_ARRIVAL, arrival.arrivalUs);
      runs.put(run, ROW.FIRST_SEND_TIME, outcome.absoluteUs);
    } else if (devices.int(device, SLOT.CONFIRMED) === 0) admission.confirm(device);
    const sequence = runs.at(run, ROW.UNSEQUENCED);
    runs.add1(run, ROW.UNSEQUENCED);
    const sendTimeUs = outcome.stamp(runs, run, arrival);
    runs.heard(run, arrival.arrivalUs);
    outcome.accept(outcome.device, runs.at(run, ROW.RUN), run);
    outcome.sequence = sequence;
    outcome.sendTimeUs = sendTimeUs;
    return VERDICT.UNSEQUENCED;
  }

  /** As `Outcome.stamp`, of the number after the high water: what the two tell of the way here is taken. */
  #stampPair(run: number, number: number, arrival: Arrival): number {
    const { context, outcome } = this.#parts;
    const { runs, transit } = context;
    const formerTime = runs.highTime[run]!;
    const isKnown = runs.isHighSentLast(run);
    const clockBase = runs.at(run, ROW.CLOCK_BASE);
    const time = outcome.stamp(runs, run, arrival);
    // when the map of relative times moved, the two were mapped differently
    const isComparable = isKnown && time !== 0 && clockBase === runs.at(run, ROW.CLOCK_BASE);
    if (isComparable && isSampled(number, runs.at(run, ROW.INTERVAL)))
      transit.add(
        run,
        runs.at(run, ROW.HIGH_WATER_AT) - formerTime,
        arrival.arrivalUs - time,
        arrival.arrivalUs,
      );
    return time;
  }

  /** The number is counted: what follows for the run, its device and the caller. */
  #accept(
    run: number,
    number: number,
    sendTimeUs: number,
    isConsecutive: boolean,
    isOffBeat: boolean,
    arrival: Arrival,
  ): void {
    const { context, current, epochs, outcome } = this.#parts;
    const { runs } = context;
    context.paths?.first(run, number, arrival.listener, arrival.nowMs);
    // the wall clock was set back after a control datagram: what is stored of a run never begins before it
    if (arrival.arrivalUs < runs.at(run, ROW.FIRST_ARRIVAL) && runs.received(run) === 1)
      runs.put(run, ROW.FIRST_ARRIVAL, arrival.arrivalUs);
    if (runs.has(run, RUN_STATE.CLOSED)) epochs.reopen(run);
    if (isOffBeat) runs.heardOffBeat(run, arrival.arrivalUs);
    else runs.heard(run, arrival.arrivalUs);
    current.noteSpoken(run, isConsecutive, arrival);
    outcome.run = runs.at(run, ROW.RUN);
    outcome.runSlot = run;
    outcome.sequence = number;
    outcome.sendTimeUs = sendTimeUs;
  }
}
