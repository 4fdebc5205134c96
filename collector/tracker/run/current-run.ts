import * as ledgerRow from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import * as deviceSlot from "../device/device-slot.ts";
import type { Sources } from "../device/sources.ts";
import { elapsedUs } from "../elapsed.ts";
import type { Arrival } from "../types.ts";
import { liesBelow } from "./below.ts";
import * as runState from "./run-state.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { ROW, ROW_FLAG } = ledgerRow;
const { MARK, SLOT } = deviceSlot;
const { RUN_STATE, SILENT_US, STEADY } = runState;

/** a current run has fallen silent beside one that lies below it when it could have used so many numbers meanwhile */
const MISSED_NUMBERS = 3;

/** Which run of a device is the current one, and when another takes its place (R6). */
export class CurrentRun {
  readonly #context: TrackerContext;
  readonly #sources: Sources;

  constructor(context: TrackerContext, sources: Sources) {
    this.#context = context;
    this.#sources = sources;
  }

  /**
   * A number was accepted in a run, or a control datagram asserted its `next`: the run may become current (R6).
   * @param isConsecutive - the number was the high water plus one, and not the run's first
   */
  noteSpoken(run: number, isConsecutive: boolean, arrival: Arrival): void {
    const { devices, runs } = this.#context;
    const device = runs.device[run]!;
    const current = devices.int(device, SLOT.CURRENT);
    if (current === run) return;
    const isBelow = this.#liesBelowCurrent(run, current);
    if (isBelow && isConsecutive) runs.setFlag(run, ROW_FLAG.MAY_TAKE_OVER, false);
    const isTakingOver = isConsecutive && runs.hasFlag(run, ROW_FLAG.MAY_TAKE_OVER);
    if (!isTakingOver && elapsedUs(runs.at(current, ROW.LAST_ARRIVAL), arrival.arrivalUs) < SILENT_US) return;
    if (isBelow && !this.#hasFallenSilent(current, arrival)) return;
    this.make(device, run);
    this.#sources.follow(device, arrival);
    this.#reportRestart(device, current, run, arrival.arrivalUs);
  }

  /** The run is the one the device is on from now on. */
  make(device: number, run: number): void {
    const { devices, runs } = this.#context;
    const former = devices.int(device, SLOT.CURRENT);
    if (former >= 0) {
      runs.setFlag(former, ROW_FLAG.CURRENT, false);
      runs.steady[former] = STEADY.NO;
      runs.touch(former);
    }
    devices.setInt(device, SLOT.CURRENT, run);
    runs.setFlag(run, ROW_FLAG.CURRENT, true);
    runs.setFlag(run, ROW_FLAG.MAY_TAKE_OVER, false);
    runs.touch(run);
  }

  /** Such a run has what the device had kept: it is heard on the other one. */
  #liesBelowCurrent(run: number, current: number): boolean {
    const { runs } = this.#context;
    return (
      runs.has(run, RUN_STATE.BELOW) &&
      runs.epoch[run] === runs.epoch[current] &&
      runs.index[run]! > runs.index[current]! &&
      liesBelow(runs, run, current)
    );
  }

  #hasFallenSilent(run: number, { arrivalUs }: Arrival): boolean {
    const { runs } = this.#context;
    const expected = runs.expected(run);
    const lastUs = runs.at(run, ROW.LAST_ARRIVAL);
    const spanUs = Math.max(1_000_000, lastUs - runs.at(run, ROW.FIRST_ARRIVAL));
    // multiplied out, it is exact
    return expected === 0 || expected * (arrivalUs - lastUs) >= MISSED_NUMBERS * spanUs;
  }

  #reportRestart(device: number, former: number, run: number, atUs: number): void {
    const { devices, runs, sink } = this.#context;
    const from = runs.epoch[former]!;
    const to = runs.epoch[run]!;
    if (from === to) return;
    const number = devices.mark(device, MARK.DEVICE);
    const detail = { from: from < 0 ? null : from, to: to < 0 ? null : to };
    sink.event(atUs, "restart", number, detail);
    if (to >= 0 && to < from) sink.event(atUs, "epoch-went-back", number, detail);
  }
}
