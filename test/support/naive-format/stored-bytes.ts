/** Stored bytes, read one after the other as docs/storage.md says, and slowly: bit by bit, in BigInt. */
export class StoredBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length) throw new RangeError("there are no more bytes");
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(this.at - 4, true);
  }

  f64(): number {
    this.take(8);
    return this.#view.getFloat64(this.at - 8, true);
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(this.u8());
      value |= (byte & 127n) << shift;
      if (byte < 128n) return Number(value);
    }
  }

  svarint(): number {
    const byte = this.u8();
    const low = Math.floor((byte % 128) / 2);
    const magnitude = byte < 128 ? low : low + 64 * this.varint();
    return byte % 2 === 1 ? -magnitude : magnitude;
  }

  /** Numbers of so many bits each, least significant bit first, without padding in between; the whole fills bytes. */
  bitFields(widths: readonly number[]): bigint[] {
    const bits = widths.reduce((sum, width) => sum + width, 0);
    const bytes = this.take(Math.ceil(bits / 8));
    let at = 0;
    return widths.map((width) => {
      let field = 0n;
      for (let bit = 0; bit < width; bit++, at++)
        if (((bytes[at >> 3]! >> (at & 7)) & 1) === 1) field |= 1n << BigInt(bit);
      return field;
    });
  }
}
