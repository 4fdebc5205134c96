import type { Arrival } from "../tracker/types.ts";

/** A datagram kept aside (R3). */
export interface HeldDatagram {
  /** as it came, or null when there was no room to keep it */
  bytes: Uint8Array | null;
  readings: number;
  arrivalUs: number;
}

const DEFAULT_MAX_BYTES = 16 * 2 ** 20;

/**
 * Copies of the datagrams whose number waits for confirmation, one per device. Bounded in bytes: beyond the bound only the number waits,
 * and its readings are refused when it is confirmed.
 */
export class HeldStore {
  readonly #maxBytes: number;
  readonly #byDevice = new Map<number, HeldDatagram>();
  #bytes = 0;

  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#byDevice.size;
  }

  /** Copy a datagram of `device`; `bytes` stays the caller's. */
  keep(device: number, bytes: Uint8Array, readings: number, { arrivalUs }: Pick<Arrival, "arrivalUs">): void {
    this.take(device);
    const hasRoom = this.#bytes + bytes.length <= this.#maxBytes;
    if (hasRoom) this.#bytes += bytes.length;
    this.#byDevice.set(device, { bytes: hasRoom ? bytes.slice() : null, readings, arrivalUs });
  }

  /** What is kept for `device`, which is not kept any longer. */
  take(device: number): HeldDatagram | undefined {
    const held = this.#byDevice.get(device);
    if (held === undefined) return undefined;
    this.#byDevice.delete(device);
    this.#bytes -= held.bytes?.length ?? 0;
    return held;
  }
}
