import { MAX_ID_BYTES } from "../../protocol/constants.ts";

/** a table of 256 random words for each position of an id, and one row for its length */
const TABLE_WORDS = (MAX_ID_BYTES + 1) * 256;

/**
 * Tabulation hash of device ids: one random table per byte position, exclusive-ored. Whoever does not know the seed cannot aim ids at one
 * bucket, and it costs about a nanosecond a byte.
 */
export class IdHash {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;

  /** @param seed - any u32; equal seeds hash equally */
  constructor(seed: number) {
    const next = splitMix32(seed);
    this.#low = filled(next);
    this.#high = filled(next);
  }

  /** @returns a u32 over `length` (at most 64) bytes */
  low(bytes: Uint8Array, offset: number, length: number): number {
    const table = this.#low;
    let hash = table[MAX_ID_BYTES * 256 + length]!;
    for (let i = 0; i < length; i++) hash ^= table[i * 256 + bytes[offset + i]!]!;
    return hash >>> 0;
  }

  /** @returns 53 independent bits, an exact integer: a name short enough to remember a million ids by */
  wide(bytes: Uint8Array, offset: number, length: number): number {
    const table = this.#high;
    let high = table[MAX_ID_BYTES * 256 + length]!;
    for (let i = 0; i < length; i++) high ^= table[i * 256 + bytes[offset + i]!]!;
    return (high & 0x1f_ffff) * 0x1_0000_0000 + this.low(bytes, offset, length);
  }
}

/** a plain loop: `Uint32Array.from` takes ten times as long */
const filled = (next: () => number): Uint32Array => {
  const words = new Uint32Array(TABLE_WORDS);
  for (let i = 0; i < TABLE_WORDS; i++) words[i] = next();
  return words;
};

/** SplitMix32: a short generator with a well mixed first output, for filling tables from a seed. */
const splitMix32 = (seed: number) => (): number => {
  seed = (seed + 0x9e37_79b9) | 0;
  let word = seed ^ (seed >>> 16);
  word = Math.imul(word, 0x21f0_aaad);
  word ^= word >>> 15;
  word = Math.imul(word, 0x735a_2d97);
  return (word ^ (word >>> 15)) >>> 0;
};
