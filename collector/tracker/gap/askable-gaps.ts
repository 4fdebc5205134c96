import { ROW } from "../../../protocol/ledger-row.ts";
import type { TrackerContext } from "../context.ts";
import { MARK, SLOT } from "../device/device-slot.ts";
import { GAP } from "./gap-fields.ts";
import type { GapList } from "./gap-list.ts";

/** Bytes that count as sent recently at most. */
const MOST_CREDIT_BYTES = 65_536;

/** Where a device is asked. */
export interface ReturnPath {
  listener: number;
  /** number of the address of this host it sends to (../../receive/entry.ts) */
  local: number;
  address: string;
  port: number;
}

/** The system takes an unspecified address for its own: a NACK to it would go to whatever listens on this host's loopback. Port 0 is nobody's. */
const isSomewhere = (address: string, port: number): boolean =>
  port > 0 && address !== "0.0.0.0" && address !== "::";

/** Where a newer run of the epoch has numbers of this one's, the device numbers anew: what it would send is another's. */
export const isAskable = ({ runs, devices }: TrackerContext, run: number): boolean => {
  const epoch = runs.epoch[run]!;
  if (epoch < 0) return false;
  const first = runs.at(run, ROW.FIRST);
  const last = runs.at(run, ROW.HIGH_WATER);
  let newer = devices.int(runs.device[run]!, SLOT.NEWEST);
  for (; newer >= 0 && newer !== run; newer = runs.older[newer]!) {
    if (runs.epoch[newer] !== epoch) continue;
    if (runs.at(newer, ROW.FIRST) <= last && runs.at(newer, ROW.HIGH_WATER) >= first) return false;
  }
  return newer === run;
};

/** The absent ranges devices may be asked for again, as the recovery sees them. Devices and runs are named by their slots. */
export class AskableGaps {
  readonly #context: TrackerContext;

  constructor(context: TrackerContext) {
    this.#context = context;
  }

  /**
   * @param into - filled with the reported source
   * @returns false while the device has not been heard since the start, or is heard from a source that nobody can be reached at
   */
  returnPath(device: number, into: ReturnPath): boolean {
    const { devices } = this.#context;
    into.listener = devices.int(device, SLOT.RETURN_PATH) - 1;
    into.local = devices.int(device, SLOT.RETURN_LOCAL);
    into.address = devices.addresses[device]!;
    into.port = devices.int(device, SLOT.PORT);
    return into.listener >= 0 && isSomewhere(into.address, into.port);
  }

  /** When the device's source was last heard, monotonic milliseconds. */
  heardMs(device: number): number {
    return this.#context.devices.mark(device, MARK.SOURCE_SEEN);
  }

  /** Bytes that came from the device's source recently and were not answered by as many. */
  creditBytes(device: number): number {
    return Math.min(MOST_CREDIT_BYTES, this.#context.devices.mark(device, MARK.CREDIT));
  }

  spend(device: number, bytes: number): void {
    this.#context.devices.setMark(device, MARK.CREDIT, this.creditBytes(device) - bytes);
  }

  idBytes(device: number): Uint8Array {
    return this.#context.devices.idBytes(device);
  }

  /** @param after - -1 = from the newest run @returns the next older run that can be asked for and has open gaps; -1 = none */
  nextRun(device: number, after: number): number {
    const { devices, runs } = this.#context;
    let run = after < 0 ? devices.int(device, SLOT.NEWEST) : runs.older[after]!;
    while (run >= 0 && ((runs.gaps[run]?.openCount ?? 0) === 0 || !isAskable(this.#context, run)))
      run = runs.older[run]!;
    return run;
  }

  gapsOf(run: number): GapList {
    return this.#context.runs.gaps[run]!;
  }

  epochOf(run: number): number {
    return this.#context.runs.epoch[run]!;
  }

  /** the number the device's next DATA will carry, as far as we know */
  nextOf(run: number): number {
    return this.#context.runs.at(run, ROW.HIGH_WATER) + 1;
  }

  /** A NACK named the range. */
  named(run: number, index: number, nowMs: number, nextAskMs: number): void {
    const { runs, openWindows } = this.#context;
    const gaps = this.gapsOf(run);
    gaps.set(index, GAP.REQUESTS, gaps.get(index, GAP.REQUESTS) + 1);
    gaps.set(index, GAP.ASKED_AT, nowMs);
    gaps.set(index, GAP.NEXT_ASK, nextAskMs);
    openWindows.changed(run, 0);
    runs.touch(run);
  }

  /** The range is asked for no more: it is lost unless an answer comes until then. */
  giveUp(run: number, index: number, atMs: number): void {
    const gaps = this.gapsOf(run);
    const deadline = Math.min(gaps.get(index, GAP.DEADLINE), atMs);
    gaps.set(index, GAP.NEXT_ASK, Number.POSITIVE_INFINITY);
    gaps.set(index, GAP.DEADLINE, deadline);
    this.#context.windows.schedule(run, deadline);
  }
}
