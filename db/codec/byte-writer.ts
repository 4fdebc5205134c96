const TWO_32 = 2 ** 32;

/** Appends bytes, variable-length integers and bit fields to memory that grows. Reusable: `reset` keeps the memory. */
export class ByteWriter {
  private view: DataView<ArrayBuffer>;
  private bytes: Uint8Array<ArrayBuffer>;
  private at = 0;
  /** bits not yet written, low end first; fewer than 32 */
  private pending = 0;
  private pendingBits = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** bytes written; pending bits do not count */
  get length(): number {
    return this.at;
  }

  reset(): void {
    this.at = 0;
    this.pending = 0;
    this.pendingBits = 0;
  }

  /** Forget what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.at = length;
  }

  /** Take the bytes [from, to) out; those after them move up. */
  cut(from: number, to: number): void {
    this.bytes.copyWithin(from, to, this.at);
    this.at -= to - from;
  }

  /** What was written from byte `from` on; valid until more is written. */
  since(from: number): Uint8Array {
    return this.bytes.subarray(from, this.at);
  }

  /** Make room for `count` more bytes (and a few besides, so that whole words can be written). */
  reserve(count: number): void {
    const needed = this.at + count + 16;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.at));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** @param value - integer in [0, 2^53]: seven bits per byte, least significant first, the top bit says that more follow (LEB128) */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** @param value - integer in [-2^53, 2^53]. First byte: bit 0 the sign, six bits of magnitude, then as `varint`: a doubled number would not be exact. */
  signedVarint(value: number): void {
    const magnitude = Math.abs(value);
    const sign = value < 0 ? 1 : 0;
    if (magnitude < 64) {
      this.u8(magnitude * 2 + sign);
      return;
    }
    this.u8((magnitude % 64) * 2 + sign + 128);
    this.varint(Math.floor(magnitude / 64));
  }

  /** Append the low `width` bits of an integer, least significant first. Room must have been reserved; `flushBits` ends a sequence of them. */
  bits(value: number, width: number): void {
    if (width > 32) {
      this.word(value | 0, 32);
      this.word((value / TWO_32) | 0, width - 32);
    } else if (width > 0) this.word(value | 0, width);
  }

  private word(value: number, width: number): void {
    const pending = this.pending | (value << this.pendingBits);
    const filled = this.pendingBits + width;
    if (filled < 32) {
      this.pending = pending;
      this.pendingBits = filled;
      return;
    }
    this.view.setInt32(this.at, pending, true);
    this.at += 4;
    this.pendingBits = filled - 32;
    // a shift by 32 would do nothing
    this.pending = this.pendingBits === 0 ? 0 : value >>> (width - this.pendingBits);
  }

  flushBits(): void {
    let pending = this.pending;
    for (let bits = this.pendingBits; bits > 0; bits -= 8) {
      this.bytes[this.at++] = pending;
      pending >>>= 8;
    }
    this.pending = 0;
    this.pendingBits = 0;
  }

  /** A view of what was written, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.at);
  }
}
