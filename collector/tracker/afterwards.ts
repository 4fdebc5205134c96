import type { Datagram } from "../../protocol/datagram.ts";
import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import type { TrackerContext } from "./context.ts";
import { RETURN_PATH, SLOT } from "./device/device-slot.ts";
import type { Sources } from "./device/sources.ts";
import type { GapCloser } from "./gap/gap-closer.ts";
import { heardAlsoBy } from "./gap/kernel-evidence.ts";
import type { Epochs } from "./run/epochs.ts";
import { RUN_STATE, STEADY } from "./run/run-state.ts";
import type { Arrival } from "./types.ts";

/** What every datagram of a device does outside the short path, whatever its verdict. */
export class Afterwards {
  readonly #context: TrackerContext;
  readonly #closer: GapCloser;
  readonly #epochs: Epochs;
  readonly #sources: Sources;

  constructor(context: TrackerContext, closer: GapCloser, epochs: Epochs, sources: Sources) {
    this.#context = context;
    this.#closer = closer;
    this.#epochs = epochs;
    this.#sources = sources;
  }

  /** @param device - its slot */
  heard(device: number, datagram: Datagram, arrival: Arrival): void {
    const { devices, runs, options, breaks, gapCount } = this.#context;
    devices.setInt(device, SLOT.BREAKS, breaks);
    this.#hearBy(device, arrival.listener);
    this.#noteReturnPath(device, datagram, arrival);
    if (devices.int(device, SLOT.GAPS) > options.maxGapsPerDevice || gapCount > options.maxGaps)
      this.#closer.trim(device, arrival.arrivalUs);
    const current = devices.int(device, SLOT.CURRENT);
    if (current >= 0) runs.steady[current] = this.#steadiness(device, current);
  }

  #hearBy(device: number, listener: number): void {
    const { devices } = this.#context;
    devices.setInt(device, SLOT.HEARD_BY, heardAlsoBy(devices.int(device, SLOT.HEARD_BY), listener));
  }

  /** A device is asked through a listener of the path its reported source is on: another one may not reach it. */
  #noteReturnPath(device: number, datagram: Datagram, arrival: Arrival): void {
    const { devices, recovery } = this.#context;
    const isReturnPath = datagram.isNative && recovery?.isReturnPath(arrival.listener) === true;
    const isKnown = devices.int(device, SLOT.RETURN_PATH) > 0;
    // of two senders under one id the reported one is asked: the other's listener may be of the other family
    const mayAnswer = isKnown
      ? this.#sources.isReported(device, arrival)
      : !this.#sources.isOnOtherPath(device, arrival);
    if (isReturnPath && mayAnswer) devices.setInt(device, SLOT.RETURN_PATH, arrival.listener + 1);
    else if (!isKnown)
      devices.setInt(device, SLOT.RETURN_PATH, datagram.isNative ? RETURN_PATH.NONE : RETURN_PATH.FOREIGN);
    else return;
    // also of one that is not asked: the short path is for what comes to the same address as before
    devices.setInt(device, SLOT.RETURN_LOCAL, arrival.local);
  }

  /** Whether the next number of the current run needs no second thought. @returns a STEADY value */
  #steadiness(device: number, run: number): number {
    const { runs, devices } = this.#context;
    const unusual = ROW_FLAG.TAIL_KNOWN | ROW_FLAG.ENDED;
    if (runs.index[run] !== 0 || runs.state[run]! & (RUN_STATE.CLOSED | RUN_STATE.CUT_OFF)) return STEADY.NO;
    if (runs.hasFlag(run, unusual) || runs.at(run, ROW.SLEEP_UNTIL) !== 0) return STEADY.NO;
    if (devices.int(device, SLOT.CONFIRMED) === 0) return STEADY.NO;
    // asks nobody: the verdict has been given, and an archive that fails would take it back by halves
    if (!this.#epochs.isNewest(run)) return STEADY.NO;
    return runs.has(run, RUN_STATE.OFF_BEAT) ? STEADY.OFF_BEAT : STEADY.YES;
  }
}
