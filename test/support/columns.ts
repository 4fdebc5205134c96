import { ByteReader } from "../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../db/codec/byte-writer.ts";
import { decodeIntegers, encodeIntegers } from "../../db/codec/integers.ts";
import { decodeValues, encodeValues } from "../../db/codec/values.ts";

/** One encoded column, and what reads it back. */
export interface Encoded {
  bytes: Uint8Array;
  decode: (bytes?: Uint8Array) => Float64Array;
}

/** @param x - see `encodeIntegers` */
export const encodedIntegers = (values: Float64Array, origin = 0, x: Float64Array | null = null): Encoded => {
  const out = new ByteWriter();
  encodeIntegers(out, values, 0, values.length, origin, x);
  const bytes = out.written().slice();
  const decode = (from: Uint8Array = bytes): Float64Array => {
    const into = new Float64Array(values.length);
    decodeIntegers(new ByteReader(from), values.length, into, 0, origin, x);
    return into;
  };
  return { bytes, decode };
};

export const encodedValues = (values: Float64Array): Encoded => {
  const out = new ByteWriter();
  encodeValues(out, values, 0, values.length);
  const bytes = out.written().slice();
  const decode = (from: Uint8Array = bytes): Float64Array => {
    const into = new Float64Array(values.length);
    decodeValues(new ByteReader(from), values.length, into, 0);
    return into;
  };
  return { bytes, decode };
};

/** The bits of each float, as text that a failing comparison shows well. */
export const bitsOf = (values: Float64Array): string[] =>
  Array.from(new BigUint64Array(values.slice().buffer), (bits) => bits.toString(16));

/** 0, 1, 2 … */
export const ramp = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => index);
