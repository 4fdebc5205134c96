import { type DeviceTable, MARK, SLOT } from "./device-table.ts";
import type { Arrival, TrackerSink } from "./types.ts";

/** two sources heard within this time are two live senders (R5) */
const LIVE_US = 10_000_000;
/** a change of source is reported at most this often per device: two senders under one id must not flood the events */
const REPORT_EVERY_US = 10_000_000;

/** addresses shared between devices at most: every datagram brings a string of its own */
const SHARED_ADDRESSES = 4096;

const format = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** Where devices are heard from. A device has one reported source; what comes from elsewhere is remembered by when it came last. */
export class Sources {
  readonly #devices: DeviceTable;
  readonly #sink: TrackerSink;
  readonly #shared = new Map<string, string>();

  constructor(devices: DeviceTable, sink: TrackerSink) {
    this.#devices = devices;
    this.#sink = sink;
  }

  isReported(slot: number, arrival: Arrival): boolean {
    return (
      this.#devices.int(slot, SLOT.PORT) === arrival.port && this.#devices.addresses[slot] === arrival.address
    );
  }

  /** The device is heard from this source. */
  heard(slot: number, arrival: Arrival): void {
    const devices = this.#devices;
    const isNew = devices.addresses[slot] === "";
    if (this.isReported(slot, arrival)) devices.hear(slot, arrival.arrivalUs, arrival.lengthBytes);
    else if (!isNew && arrival.arrivalUs - devices.mark(slot, MARK.REPORTED_AT) < REPORT_EVERY_US)
      devices.setMark(slot, MARK.OTHER_SEEN, arrival.arrivalUs);
    else this.#report(slot, arrival, isNew);
  }

  /** Whether the device was heard from a source other than this one within the last 10 s. */
  isContested(slot: number, arrival: Arrival): boolean {
    const other = this.isReported(slot, arrival) ? MARK.OTHER_SEEN : MARK.SOURCE_SEEN;
    const seen = this.#devices.mark(slot, other);
    return seen !== 0 && arrival.arrivalUs - seen <= LIVE_US;
  }

  /** The source the database knows, `address:port`. It has not been heard since the start. */
  restore(slot: number, source: string): void {
    const colon = source.lastIndexOf(":");
    if (colon < 0) return;
    this.#devices.addresses[slot] = this.#share(source.slice(0, colon).replace(/^\[|\]$/g, ""));
    this.#devices.setInt(slot, SLOT.PORT, Number(source.slice(colon + 1)));
  }

  /** The one string for an address that devices behind it have in common. */
  #share(address: string): string {
    const shared = this.#shared.get(address);
    if (shared !== undefined) return shared;
    if (this.#shared.size >= SHARED_ADDRESSES) this.#shared.clear();
    this.#shared.set(address, address);
    return address;
  }

  #report(slot: number, arrival: Arrival, isNew: boolean): void {
    const devices = this.#devices;
    const device = devices.mark(slot, MARK.DEVICE);
    const from = format(devices.addresses[slot]!, devices.int(slot, SLOT.PORT));
    const to = format(arrival.address, arrival.port);
    devices.setMark(slot, MARK.OTHER_SEEN, devices.mark(slot, MARK.SOURCE_SEEN));
    // what was sent to the former source is no debt of this one, what came from there no credit
    devices.setMark(slot, MARK.CREDIT, 0);
    devices.hear(slot, arrival.arrivalUs, arrival.lengthBytes);
    devices.setMark(slot, MARK.REPORTED_AT, arrival.arrivalUs);
    devices.addresses[slot] = this.#share(arrival.address);
    devices.setInt(slot, SLOT.PORT, arrival.port);
    this.#sink.sourceChanged(device, to);
    if (!isNew) this.#sink.event(arrival.arrivalUs, "source-changed", device, { from, to });
  }
}
