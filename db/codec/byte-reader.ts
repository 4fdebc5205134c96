import { SegmentCorruptError } from "./corrupt.ts";

const TWO_32 = 2 ** 32;

/** Reads what ByteWriter wrote. Never reads outside of its bytes: every method throws SegmentCorruptError instead. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at: number;
  private readonly end: number;

  /** @param bytes - only viewed; reading starts at index `from` and ends before `to` */
  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    if (from < 0 || from > to || to > bytes.length)
      throw new SegmentCorruptError("a part lies outside of its blob");
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
    this.end = to;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** Step over `count` bytes. @returns where they begin */
  skip(count: number): number {
    // written so that NaN fails too
    if (!(count >= 0 && count <= this.end - this.at)) throw new SegmentCorruptError("truncated");
    const from = this.at;
    this.at += count;
    return from;
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.skip(8), true);
  }

  /** @returns integer in [0, 2^53] */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > 2 ** 53) break;
        return value;
      }
    }
    throw new SegmentCorruptError("a number is too long");
  }

  /** @returns integer in [-2^53, 2^53], never -0 */
  signedVarint(): number {
    const byte = this.u8();
    const low = (byte >> 1) & 63;
    const magnitude = byte < 128 ? low : low + this.varint() * 64;
    if (magnitude > 2 ** 53) throw new SegmentCorruptError("a number is too long");
    return (byte & 1) === 0 || magnitude === 0 ? magnitude : -magnitude;
  }

  /**
   * The bit field of `width` (0 to 53) bits that begins `bit` bits after byte `from`, as an unsigned integer.
   * The caller has stepped over the whole field with `skip`; whole words are read, what lies beyond is masked off.
   */
  bitsAt(from: number, bit: number, width: number): number {
    const at = from + (bit >>> 3);
    const shift = bit & 7;
    if (at + 8 > this.bytes.length) return this.lastBitsAt(at, shift, width);
    if (width <= 24) return (this.view.getInt32(at, true) >>> shift) & ((1 << width) - 1);
    return join(this.view.getInt32(at, true), this.view.getInt32(at + 4, true), shift, width);
  }

  private lastBitsAt(at: number, shift: number, width: number): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 4; index++) {
      low |= (this.bytes[at + index] ?? 0) << (8 * index);
      high |= (this.bytes[at + 4 + index] ?? 0) << (8 * index);
    }
    return join(low, high, shift, width);
  }
}

/** `width` bits from bit `shift` (0 to 7) on of the 64 bits that two words make up. */
const join = (low: number, high: number, shift: number, width: number): number => {
  // a shift by 32 would do nothing
  const first = shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  if (width < 32) return first & ((1 << width) - 1);
  const second = width === 32 ? 0 : (high >>> shift) & ((1 << (width - 32)) - 1);
  return second * TWO_32 + (first >>> 0);
};
