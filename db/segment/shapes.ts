import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";

const TYPE_BITS = 8;
/** types from here on take a byte of their own */
const LONG_TYPE = 7;
const MAX_CHANNEL = 0xffff;

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/**
 * The distinct shapes of a block. A shape is what the datagrams of one sketch have in common: the (channel, type) of each reading in order.
 * Each distinct (channel, type) of the block has one value column, numbered in the order of first appearance. Grows, and is reused.
 */
export class Shapes {
  /** number of shapes */
  count = 0;
  /** number of value columns */
  columnCount = 0;
  /** entries of shape s: entryStart[s] to entryStart[s + 1] */
  entryStart = new Uint32Array(65);
  channel = new Uint16Array(256);
  type = new Uint8Array(256);
  /** value column of each entry */
  column = new Uint32Array(256);

  /** (channel, type) as one number to its column */
  private readonly columnOf = new Map<number, number>();
  /** hash of a shape to the last shape with it, and from there to the one before */
  private readonly lastWithHash = new Map<number, number>();
  private previousWithHash = new Int32Array(64);
  /** the shape found last: consecutive datagrams mostly look alike */
  private recent = -1;

  reset(): void {
    this.count = 0;
    this.columnCount = 0;
    this.columnOf.clear();
    this.lastWithHash.clear();
    this.recent = -1;
  }

  get entryCount(): number {
    return this.entryStart[this.count]!;
  }

  /** The shape of a datagram whose readings are [from, to) of `channels` and `types`; added when it is new. */
  find(channels: Uint16Array, types: Uint8Array, from: number, to: number): number {
    if (this.recent >= 0 && this.matches(this.recent, channels, types, from, to)) return this.recent;
    let hash = 0;
    for (let index = from; index < to; index++) {
      hash = (Math.imul(hash, 31) + channels[index]! * 256 + types[index]!) | 0;
    }
    let shape = this.lastWithHash.get(hash) ?? -1;
    while (shape >= 0 && !this.matches(shape, channels, types, from, to))
      shape = this.previousWithHash[shape]!;
    if (shape < 0) shape = this.add(channels, types, from, to, hash);
    this.recent = shape;
    return shape;
  }

  private matches(
    shape: number,
    channels: Uint16Array,
    types: Uint8Array,
    from: number,
    to: number,
  ): boolean {
    const start = this.entryStart[shape]!;
    const length = this.entryStart[shape + 1]! - start;
    if (length !== to - from) return false;
    for (let index = 0; index < length; index++) {
      if (channels[from + index] !== this.channel[start + index]) return false;
      if (types[from + index] !== this.type[start + index]) return false;
    }
    return true;
  }

  private add(channels: Uint16Array, types: Uint8Array, from: number, to: number, hash: number): number {
    const shape = this.beginShape();
    this.previousWithHash[shape] = this.lastWithHash.get(hash) ?? -1;
    this.lastWithHash.set(hash, shape);
    for (let index = from; index < to; index++) this.addEntry(channels[index]!, types[index]!);
    return shape;
  }

  private beginShape(): number {
    const shape = this.count++;
    if (this.count >= this.entryStart.length) {
      this.entryStart = grown(this.entryStart, new Uint32Array(this.count * 2 + 1));
      this.previousWithHash = grown(this.previousWithHash, new Int32Array(this.count * 2));
    }
    this.entryStart[shape + 1] = this.entryStart[shape]!;
    return shape;
  }

  /** Add an entry to the newest shape. */
  private addEntry(channel: number, type: number): void {
    const entry = this.entryStart[this.count]!++;
    if (entry >= this.channel.length) {
      this.channel = grown(this.channel, new Uint16Array(entry * 2));
      this.type = grown(this.type, new Uint8Array(entry * 2));
      this.column = grown(this.column, new Uint32Array(entry * 2));
    }
    const key = channel * 256 + type;
    let column = this.columnOf.get(key);
    if (column === undefined) {
      column = this.columnCount++;
      this.columnOf.set(key, column);
    }
    this.channel[entry] = channel;
    this.type[entry] = type;
    this.column[entry] = column;
  }

  write(out: ByteWriter): void {
    out.varint(this.count);
    for (let shape = 0; shape < this.count; shape++) {
      const start = this.entryStart[shape]!;
      const end = this.entryStart[shape + 1]!;
      out.varint(end - start);
      let last = 0;
      for (let entry = start; entry < end; entry++) {
        const type = this.type[entry]!;
        out.varint(zigzag(this.channel[entry]! - last) * TYPE_BITS + Math.min(type, LONG_TYPE));
        if (type >= LONG_TYPE) out.u8(type);
        last = this.channel[entry]!;
      }
    }
  }

  /** Read the shapes of a block of `datagrams` datagrams. */
  read(input: ByteReader, datagrams: number): void {
    this.reset();
    const shapes = input.varint();
    if (shapes === 0 || shapes > datagrams)
      throw new SegmentCorruptError("a block has too many shapes, or none");
    for (let shape = 0; shape < shapes; shape++) {
      this.beginShape();
      // each entry takes a byte, so the blob bounds this loop
      for (let entries = input.varint(), last = 0; entries > 0; entries--) {
        const code = input.varint();
        last += unzigzag(Math.floor(code / TYPE_BITS));
        if (last < 0 || last > MAX_CHANNEL) throw new SegmentCorruptError("a channel is out of range");
        const type = code % TYPE_BITS;
        this.addEntry(last, type === LONG_TYPE ? input.u8() : type);
      }
    }
  }
}

const grown = <T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};
