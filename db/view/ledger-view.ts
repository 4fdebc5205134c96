import type { Downtime } from "../../protocol/device-status.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { LedgerCounts } from "../../protocol/ledger-counts.ts";
import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import { type DeviceSummary, visitDevices } from "./device-summary.ts";
import { DeviceView } from "./device-view.ts";
import type { LedgerState } from "./ledger-state.ts";
import { epochOf, RUN } from "./run-rows.ts";

export interface FleetView {
  counts: LedgerCounts;
  counters: Readonly<FleetCounters>;
}

/** A run by the names it has outside. */
export interface RunOwner {
  device: string;
  epoch: number | null;
  /** number of the run inside its epoch */
  index: number;
  isUnsequenced: boolean;
}

/** The committed ledger as the API asks for it. Answers come from memory, without touching the database. */
export class LedgerView {
  readonly #state: LedgerState;

  constructor(state: LedgerState) {
    this.#state = state;
    state.keepTotals();
    // no request is to wait for it
    void state.devices.order;
  }

  /** wall time of the last commit it contains, microseconds; 0 = none */
  get asOfUs(): number {
    return this.#state.asOfUs;
  }

  /** all that arrived before, by the wall clock, is in it; microseconds */
  get heardUntilUs(): number {
    return this.#state.heardUntilUs;
  }

  /** number of the last flush it contains */
  get flush(): number {
    return this.#state.flush;
  }

  /** when the collector last did not listen: silences do not count it */
  get down(): Downtime | null {
    return this.#state.down;
  }

  get deviceCount(): number {
    return this.#state.devices.size;
  }

  /** In the order they became known. */
  *deviceIds(): Generator<string> {
    for (const slot of this.#state.devices.slots()) yield this.#state.devices.ids[slot]!;
  }

  /** At most so many ids in their order (UTF-16 code units). @param after - those greater than that one, which may be gone; null = the first ones */
  idsAfter(after: string | null, limit: number): string[] {
    const { ids, order } = this.#state.devices;
    const from = after === null ? 0 : order.after(after);
    return Array.from(order.slots.subarray(from, from + limit), (slot) => ids[slot]!);
  }

  device(id: string): DeviceView | undefined {
    const slot = this.#state.devices.slotOfId(id);
    return slot < 0 ? undefined : new DeviceView(this.#state, slot);
  }

  /**
   * A pass over the devices in the order of their ids, all of them or a part; the object given is filled anew for each.
   * @param after - only those with greater ids; null = from the first one on
   * @param limit - so many at most, at least 1
   * @returns the id to go on after; null at the end
   */
  visitDevices(
    visit: (summary: DeviceSummary) => void,
    after: string | null = null,
    limit: number = this.deviceCount,
  ): string | null {
    return visitDevices(this.#state, visit, after, limit);
  }

  /** Id of the device that owns a run, with the run's place in it; undefined when it is forgotten. */
  runOwner(run: number): RunOwner | undefined {
    const slot = this.#state.runs.slotOf(run);
    if (slot < 0) return undefined;
    const device = this.#state.devices.slotOf(this.#state.runField(slot, ROW.DEVICE));
    return {
      device: this.#state.devices.ids[device]!,
      epoch: epochOf(this.#state.runField(slot, RUN.EPOCH)),
      index: this.#state.runField(slot, RUN.INDEX),
      isUnsequenced: isUnsequenced(this.#state.runField(slot, ROW.FLAGS)),
    };
  }

  /** Grows with every change, also with what is accepted while commits fail. */
  get revision(): number {
    return this.#state.revision;
  }

  /** Sums over every run, the forgotten ones included; costs no pass over the devices. */
  fleet(): FleetView {
    return { counts: this.#state.sums.counts(), counters: this.#state.fleet };
  }

  /** Devices that were forgotten (R16), and the sums of their counts. */
  forgotten(): { devices: number; counts: LedgerCounts } {
    return { devices: this.#state.forgottenDevices, counts: this.#state.forgotten.counts() };
  }
}
