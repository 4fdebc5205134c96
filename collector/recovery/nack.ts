import { ENTRY_BYTES, HEADER_BYTES, KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { MAX_NACK_BYTES } from "./limits.ts";

/** one range; the device's id comes on top */
export const SMALLEST_NACK_BYTES = HEADER_BYTES + ENTRY_BYTES.RANGE;
const NO_FLAGS = 0;

/** One NACK being put together: ranges of one epoch, as many as it may carry. */
export class Nack {
  readonly #datagram = new Datagram();
  readonly #bytes = new Uint8Array(MAX_NACK_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #room = 0;

  get count(): number {
    return this.#datagram.rangeCount;
  }

  get isFull(): boolean {
    return this.#datagram.rangeCount >= this.#room;
  }

  /** @param mostBytes - of the datagram, at least SMALLEST_NACK_BYTES and the id's */
  begin(id: Uint8Array, epoch: number, next: number, sendTimeUs: number, mostBytes: number): void {
    const datagram = this.#datagram;
    datagram.reset();
    datagram.kind = KIND.NACK;
    datagram.pointId(id);
    datagram.epoch = epoch;
    datagram.sequence = next;
    datagram.sendTimeUs = sendTimeUs;
    const bytes = Math.min(mostBytes, MAX_NACK_BYTES) - HEADER_BYTES - id.length;
    this.#room = Math.floor(bytes / ENTRY_BYTES.RANGE);
  }

  add(first: number, last: number): void {
    const datagram = this.#datagram;
    datagram.rangeFirst[datagram.rangeCount] = first;
    datagram.rangeLast[datagram.rangeCount] = last;
    datagram.rangeCount++;
  }

  /** @returns its bytes, a copy of their own */
  encode(): Uint8Array {
    return this.#bytes.slice(0, encodeBinary(this.#datagram, NO_FLAGS, this.#bytes, this.#view));
  }
}
