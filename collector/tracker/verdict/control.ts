import type { EventKind } from "../../../protocol/batch.ts";
import * as constants from "../../../protocol/constants.ts";
import type { Datagram } from "../../../protocol/datagram.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { normalise, type Range } from "../../../protocol/ranges.ts";
import * as reasons from "../../../protocol/reasons.ts";
import * as deviceSlot from "../device/device-slot.ts";
import type { TrackerParts } from "../parts.ts";
import { mayTell, reportRun, reuseKind } from "../run/run-events.ts";
import * as runState from "../run/run-state.ts";
import type { Arrival, Verdict } from "../types.ts";
import * as types from "../types.ts";
import { plausibleJump } from "./belief.ts";
import { contactOf } from "./first-contact.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { KIND } = constants;
const { ROW, ROW_FLAG } = ledgerRow;
const { REJECT } = reasons;
const { MARK, SLOT } = deviceSlot;
const { RUN_STATE } = runState;
const { VERDICT } = types;

/** HEARTBEAT, DESCRIBE and GONE: what they assert about the numbers used so far (R8). */
export class Control {
  readonly #parts: TrackerParts;

  constructor(parts: TrackerParts) {
    this.#parts = parts;
  }

  /** @param slot - of the device, -1 when it is not in memory */
  verdict(slot: number, datagram: Datagram, arrival: Arrival): Verdict {
    const { context, admission, outcome, sources } = this.#parts;
    let device = slot;
    if (device < 0 && (mayCreate(datagram) || (isNaming(datagram) && admission.isPaged(datagram)))) {
      device = admission.admit(datagram, arrival);
      if (device < 0) return outcome.reject(REJECT["device-limit"]);
    }
    if (device < 0) {
      const isUnasked = datagram.kind === KIND.GONE && context.recovery !== null;
      return isUnasked ? outcome.reject(REJECT["not-asked"]) : VERDICT.CONTROL;
    }
    outcome.slot = device;
    outcome.device = context.devices.mark(device, MARK.DEVICE);
    sources.heard(device, arrival);
    if (datagram.kind === KIND.GONE && context.recovery !== null) {
      if (context.recovery.wasAsked(device, arrival, arrival.nowMs)) this.#gone(device, datagram, arrival);
      else if (!this.#isCopyOfAnswer(device, arrival)) return outcome.reject(REJECT["not-asked"]);
    }
    if (datagram.sequence >= 0 && this.#mayAssert(device, datagram)) this.#assert(device, datagram, arrival);
    return VERDICT.CONTROL;
  }

  /** The answer comes by the other paths too, from the address the device has there. */
  #isCopyOfAnswer(device: number, arrival: Arrival): boolean {
    const { context, sources } = this.#parts;
    return (
      sources.isOnOtherPath(device, arrival) &&
      context.recovery?.wasAsked(device, null, arrival.nowMs) === true
    );
  }

  #gone(device: number, datagram: Datagram, arrival: Arrival): void {
    const { epochs, closer } = this.#parts;
    const ranges: Range[] = [];
    for (let range = 0; range < datagram.rangeCount; range++)
      ranges.push([datagram.rangeFirst[range]!, datagram.rangeLast[range]!]);
    if (ranges.length === 0) return;
    const named = normalise(ranges);
    for (let run = epochs.newestOf(device, datagram.epoch); run >= 0; run = epochs.olderOf(run))
      closer.gone(run, named, arrival);
  }

  /** GONE speaks for the current epoch only. */
  #mayAssert(device: number, datagram: Datagram): boolean {
    if (datagram.kind !== KIND.GONE) return true;
    const { devices, runs } = this.#parts.context;
    const current = devices.int(device, SLOT.CURRENT);
    return current >= 0 && runs.epoch[current] === datagram.epoch;
  }

  #assert(device: number, datagram: Datagram, arrival: Arrival): void {
    const { epochs, owning, believer, outcome } = this.#parts;
    const newest = epochs.newestBefore(device, datagram.epoch, arrival);
    const run = owning.newest(newest, datagram, outcome.absoluteUs, outcome.relativeUs);
    if (run < 0) this.#begin(device, datagram, arrival);
    else if (!believer.extend(run, datagram.sequence, datagram.sequenceBits, arrival))
      this.#begin(device, datagram, arrival, "run-split");
    else if (believer.number >= 0) this.#against(device, run, believer.number - 1, datagram, arrival);
  }

  /** What the run makes of the assertion that numbers up to `top` have been used. */
  #against(device: number, run: number, top: number, datagram: Datagram, arrival: Arrival): void {
    const { runs } = this.#parts.context;
    const highWater = runs.at(run, ROW.HIGH_WATER);
    const jump = plausibleJump(runs, run, arrival.arrivalUs, datagram.sequenceBits);
    if (top < highWater) this.#below(device, run, datagram, arrival);
    else if (top - highWater <= jump) this.#reaches(device, run, top, datagram, arrival);
  }

  /** `next` is at or above what we know: the tail is known up to it. */
  #reaches(device: number, run: number, top: number, datagram: Datagram, arrival: Arrival): void {
    const { context, ledger, current, outcome } = this.#parts;
    const { runs } = context;
    const time = outcome.stamp(runs, run, arrival) || arrival.arrivalUs;
    if (top > runs.at(run, ROW.HIGH_WATER)) {
      ledger.raise(run, top, top, time, arrival);
      runs.setFlag(run, ROW_FLAG.ENDED, false);
    } else ledger.reachEnd(run, arrival);
    this.#hear(run, arrival);
    this.#tail(device, run, datagram, arrival);
    current.noteSpoken(run, false, arrival);
  }

  /** `next` is lower than what we know: old news, unless it was sent later than all we have. */
  #below(device: number, run: number, datagram: Datagram, arrival: Arrival): void {
    const { context, outcome, sources } = this.#parts;
    if (outcome.isSentLater(context.runs, run)) {
      this.#begin(device, datagram, arrival, reuseKind(sources, device, arrival));
      return;
    }
    outcome.stamp(context.runs, run, arrival);
    this.#hear(run, arrival);
  }

  /** A numbering nobody knew. Beyond the bounds of R6 the datagram is ignored. */
  #begin(device: number, datagram: Datagram, arrival: Arrival, event?: EventKind): void {
    const { context, current, epochs, outcome } = this.#parts;
    const contact = contactOf(datagram, outcome, arrival, epochs.isUnbroken(device));
    const run = epochs.begin(device, datagram.epoch, contact, arrival);
    if (run < 0) return;
    if (event !== undefined) reportRun(context, event, run, arrival);
    outcome.stamp(context.runs, run, arrival);
    this.#hear(run, arrival);
    this.#tail(device, run, datagram, arrival);
    current.noteSpoken(run, false, arrival);
  }

  #hear(run: number, arrival: Arrival): void {
    const { context, epochs } = this.#parts;
    if (context.runs.has(run, RUN_STATE.CLOSED)) epochs.reopen(run);
    context.runs.heard(run, arrival.arrivalUs);
  }

  #tail(device: number, run: number, datagram: Datagram, arrival: Arrival): void {
    const { context } = this.#parts;
    const { devices, runs } = context;
    runs.setFlag(run, ROW_FLAG.TAIL_KNOWN, true);
    if (datagram.isEnd && !runs.hasFlag(run, ROW_FLAG.ENDED)) {
      runs.setFlag(run, ROW_FLAG.ENDED, true);
      if (mayTell(devices, device, arrival))
        reportRun(context, "end", run, arrival, { next: runs.at(run, ROW.HIGH_WATER) + 1 });
    }
    const wasAwake = runs.at(run, ROW.SLEEP_UNTIL) === 0;
    const until = datagram.sleepSeconds >= 0 ? arrival.arrivalUs + datagram.sleepSeconds * 1e6 : 0;
    runs.put(run, ROW.SLEEP_UNTIL, until);
    if (wasAwake && until !== 0 && mayTell(devices, device, arrival))
      reportRun(context, "sleep", run, arrival, { until });
  }
}

/** Only what asserts something about numbers makes a device; GONE answers for one that is known. */
const mayCreate = (datagram: Datagram): boolean => datagram.sequence >= 0 && datagram.kind !== KIND.GONE;

/** Of a device that is known its names are taken whatever else a datagram says: one that is not in memory is read back for them. */
const isNaming = (datagram: Datagram): boolean => datagram.descriptions.length > 0;
