/**
 * Datagrams of other workers' devices, written one after the other into memory that both threads share (or, of what was shed, that is copied). A record begins at a multiple of 8:
 *
 *     0  u32  length of the payload; the payload follows at 16
 *     4  u32  number of the source address in the lane's book
 *     8  u16  port of the source
 *    10  u16  not used
 *    12  u32  entry by which it came (../receive/entry.ts)
 *
 * It carries no arrival time: its owner takes its own, so that what the way here took is no step back in the arrivals of a device.
 */
const HEADER_BYTES = 16;

/** a block takes the largest datagram, and hundreds of small ones */
export const BLOCK_BYTES = 1 << 18;

/** A block of records: written by one thread, then read by the other. */
export class RecordBlock {
  /** the payloads lie in it; the same memory as `view` */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used = 0;
  count = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  clear(): void {
    this.used = 0;
    this.count = 0;
  }

  hasRoom(length: number): boolean {
    return this.used + HEADER_BYTES + length <= this.bytes.length;
  }

  /** Append a datagram; the caller has asked for room. */
  add(entry: number, bytes: Uint8Array, offset: number, length: number, address: number, port: number): void {
    const { view, used } = this;
    view.setUint32(used, length, true);
    view.setUint32(used + 4, address, true);
    view.setUint16(used + 8, port, true);
    view.setUint32(used + 12, entry, true);
    const to = used + HEADER_BYTES;
    for (let at = 0; at < length; at++) this.bytes[to + at] = bytes[offset + at]!;
    this.used = (to + length + 7) & ~7;
    this.count++;
  }

  /** Go through `count` records. */
  forEach(count: number, take: RecordTaker): void {
    const { view } = this;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const length = view.getUint32(at, true);
      take(
        view.getUint32(at + 12, true),
        at + HEADER_BYTES,
        length,
        view.getUint32(at + 4, true),
        view.getUint16(at + 8, true),
      );
      at = (at + HEADER_BYTES + length + 7) & ~7;
    }
  }
}

/** @param offset - of the payload in the block's `bytes` and `view` */
export type RecordTaker = (
  entry: number,
  offset: number,
  length: number,
  address: number,
  port: number,
) => void;
