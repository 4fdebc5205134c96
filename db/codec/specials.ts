import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { SegmentCorruptError } from "./corrupt.ts";
import { sameBits } from "./float-bits.ts";

/** Values written in one byte; any other special is `RAW` and its eight bytes. */
const NAMED = [Number.NaN, Infinity, -Infinity, -0];
const RAW = NAMED.length;

/** The few values of a column that its integers cannot express: index and value, in order. */
export class Specials {
  private indices = new Uint32Array(64);
  values = new Float64Array(64);
  count = 0;
  private limit = 0;

  /** Forget all, for a column of `count` values: one in sixteen may be special, and always two. */
  start(count: number): void {
    this.count = 0;
    this.limit = Math.max(2, count >> 4);
    if (this.limit > this.values.length) {
      this.indices = new Uint32Array(this.limit);
      this.values = new Float64Array(this.limit);
    }
  }

  /** @returns false when there are too many; then the value was not added */
  add(index: number, value: number): boolean {
    if (this.count === this.limit) return false;
    this.indices[this.count] = index;
    this.values[this.count] = value;
    this.count++;
    return true;
  }

  write(out: ByteWriter): void {
    out.varint(this.count);
    let next = 0;
    for (let at = 0; at < this.count; at++) {
      const index = this.indices[at]!;
      const value = this.values[at]!;
      out.varint(index - next);
      next = index + 1;
      const name = NAMED.findIndex((named) => sameBits(named, value));
      out.u8(name < 0 ? RAW : name);
      if (name < 0) out.f64(value);
    }
  }

  /** Read the specials of a column of `count` values. */
  read(input: ByteReader, count: number): void {
    const specials = input.varint();
    this.start(count);
    if (specials > this.limit) throw new SegmentCorruptError("too many special values");
    let next = 0;
    for (let at = 0; at < specials; at++) {
      const index = next + input.varint();
      const name = input.u8();
      if (index >= count || name > RAW)
        throw new SegmentCorruptError("a special value is not one of its column");
      this.add(index, name === RAW ? input.f64() : NAMED[name]!);
      next = index + 1;
    }
  }

  /** Put them in their places in a column that begins at `values[at]`. */
  apply(values: Float64Array, at: number): void {
    for (let index = 0; index < this.count; index++) {
      values[at + this.indices[index]!] = this.values[index]!;
    }
  }
}
