import { endpointOf } from "../../../common/addresses.ts";
import { SharedStrings } from "../../../common/shared-strings.ts";
import type { RunTable } from "../run/run-table.ts";
import type { Arrival, TrackerSink } from "../types.ts";
import * as deviceSlot from "./device-slot.ts";
import type { DeviceTable } from "./device-table.ts";
import type { Paths } from "./paths.ts";
import { touchNewest } from "./touch-newest.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { MARK, SLOT } = deviceSlot;

/** two sources heard within this time are two live senders (R5) */
const LIVE_MS = 10_000;
/** a change of source is reported at most this often per device: two senders under one id must not flood the events */
const REPORT_EVERY_MS = 10_000;
/** the source on another path takes the place of a reported one that is silent for so long: answers are wanted from a path that lives */
const PATH_SILENT_MS = 2000;

/** addresses shared between devices at most: every datagram brings a string of its own */
const SHARED_ADDRESSES = 4096;

/** Where devices are heard from. A device has one reported source; what comes from elsewhere is remembered by when it came last. */
export class Sources {
  readonly #devices: DeviceTable;
  readonly #runs: RunTable;
  readonly #sink: TrackerSink;
  readonly #paths: Paths | null;
  readonly #shared = new SharedStrings(SHARED_ADDRESSES);

  constructor(devices: DeviceTable, runs: RunTable, sink: TrackerSink, paths: Paths | null) {
    this.#devices = devices;
    this.#runs = runs;
    this.#sink = sink;
    this.#paths = paths;
  }

  isReported(slot: number, arrival: Arrival): boolean {
    return (
      this.#devices.int(slot, SLOT.PORT) === arrival.port && this.#devices.addresses[slot] === arrival.address
    );
  }

  /** The datagram came from another source than the reported one, by a path that one is not heard by: the device has one on each path. */
  isOnOtherPath(slot: number, arrival: Arrival): boolean {
    if (this.#paths === null || this.isReported(slot, arrival)) return false;
    return (this.#devices.int(slot, SLOT.SOURCE_PATHS) & this.#paths.bitOf(arrival.listener)) === 0;
  }

  /** The device is heard from this source. */
  heard(slot: number, arrival: Arrival): void {
    const devices = this.#devices;
    const isNew = devices.addresses[slot] === "";
    if (this.isReported(slot, arrival)) this.#hear(slot, arrival);
    else if (!isNew && this.isOnOtherPath(slot, arrival)) {
      if (arrival.nowMs - devices.mark(slot, MARK.SOURCE_SEEN) >= PATH_SILENT_MS) this.#take(slot, arrival);
    } else if (!isNew && arrival.nowMs - devices.mark(slot, MARK.REPORTED_AT) < REPORT_EVERY_MS)
      devices.setMark(slot, MARK.OTHER_SEEN, arrival.nowMs);
    else this.#report(slot, arrival, isNew);
  }

  /** The device goes on in another run, from here: it may have begun anew, with another port, and hears nothing at the former one. */
  follow(slot: number, arrival: Arrival): void {
    if (this.isReported(slot, arrival) || this.isOnOtherPath(slot, arrival)) return;
    this.#devices.setMark(slot, MARK.OTHER_SEEN, this.#devices.mark(slot, MARK.SOURCE_SEEN));
    this.#take(slot, arrival);
  }

  /** Whether the device was heard from a source other than this one within the last 10 s. */
  isContested(slot: number, arrival: Arrival): boolean {
    const isOwn = this.isReported(slot, arrival) || this.isOnOtherPath(slot, arrival);
    const other = isOwn ? MARK.OTHER_SEEN : MARK.SOURCE_SEEN;
    return arrival.nowMs - this.#devices.mark(slot, other) <= LIVE_MS;
  }

  /** The source the database knows, `address:port`. It has not been heard since the start. */
  restore(slot: number, source: string): void {
    const colon = source.lastIndexOf(":");
    if (colon < 0) return;
    this.#devices.addresses[slot] = this.#shared.share(source.slice(0, colon).replace(/^\[|\]$/g, ""));
    this.#devices.setInt(slot, SLOT.PORT, Number(source.slice(colon + 1)));
  }

  #report(slot: number, arrival: Arrival, isNew: boolean): void {
    const devices = this.#devices;
    const device = devices.mark(slot, MARK.DEVICE);
    const from = endpointOf(devices.addresses[slot]!, devices.int(slot, SLOT.PORT));
    const to = endpointOf(arrival.address, arrival.port);
    devices.setMark(slot, MARK.OTHER_SEEN, devices.mark(slot, MARK.SOURCE_SEEN));
    devices.setMark(slot, MARK.REPORTED_AT, arrival.nowMs);
    this.#take(slot, arrival);
    if (!isNew) this.#sink.event(arrival.arrivalUs, "source-changed", device, { from, to });
  }

  /** The datagram's source is the reported one from now on. */
  #take(slot: number, arrival: Arrival): void {
    const devices = this.#devices;
    // what was sent to the former source is no debt of this one, what came from there no credit
    devices.setMark(slot, MARK.CREDIT, 0);
    devices.setInt(slot, SLOT.SOURCE_PATHS, 0);
    this.#hear(slot, arrival);
    devices.addresses[slot] = this.#shared.share(arrival.address);
    devices.setInt(slot, SLOT.PORT, arrival.port);
    this.#sink.sourceChanged(devices.mark(slot, MARK.DEVICE), endpointOf(arrival.address, arrival.port));
    touchNewest(devices, this.#runs, slot);
  }

  #hear(slot: number, arrival: Arrival): void {
    this.#devices.hear(slot, arrival);
    this.#paths?.heardSource(slot, arrival.listener);
  }
}
