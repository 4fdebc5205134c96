import { MAX_ID_BYTES } from "../../../protocol/constants.ts";

/** keys for the 16-bit halves of an id, and one for its length */
const KEYS = MAX_ID_BYTES / 2 + 1;
/** a prime greater than any key: 2^31 - 1 */
const PRIME = 0x7fff_ffff;

/**
 * Multilinear hash of device ids (Lemire and Kaser, "Strongly universal string hashing is fast", 2014): each 16 bits times a random key,
 * summed up, modulo a prime. Whoever does not know the seed cannot aim ids at one bucket. Products have 47 bits and there are 33
 * of them at most, so that a float64 adds them up exactly.
 */
export class IdHash {
  readonly #low: Float64Array;
  readonly #high: Float64Array;

  /** @param seed - any u32; equal seeds hash equally */
  constructor(seed: number) {
    const next = splitMix32(seed);
    this.#low = randomKeys(next);
    this.#high = randomKeys(next);
  }

  /** @returns a u32 over `length` (at most 64) bytes */
  low(view: DataView, offset: number, length: number): number {
    return scatter(multilinear(this.#low, view, offset, length));
  }

  /** @returns 53 independent bits, an exact integer: a name short enough to remember a million ids by */
  wide(view: DataView, offset: number, length: number): number {
    const high = multilinear(this.#high, view, offset, length) & 0x3f_ffff;
    return high * 2 ** 31 + multilinear(this.#low, view, offset, length);
  }
}

/** One to one: numbered ids, whose sums lie on a straight line, must not lie so in a table. */
const scatter = (sum: number): number => {
  const word = Math.imul(sum ^ (sum >>> 15), 0x2c1b_3c6d);
  return (word ^ (word >>> 12)) >>> 0;
};

/** @returns [0, PRIME) */
const multilinear = (keys: Float64Array, view: DataView, offset: number, length: number): number => {
  let sum = length * keys[0]!;
  let key = 1;
  let at = offset;
  const end = offset + length;
  for (; at + 4 <= end; at += 4, key += 2) {
    const word = view.getInt32(at);
    sum += (word >>> 16) * keys[key]! + (word & 0xffff) * keys[key + 1]!;
  }
  if (at < end) {
    const word = lastBytes(view, at, end);
    sum += (word >>> 16) * keys[key]! + (word & 0xffff) * keys[key + 1]!;
  }
  const rest = sum - Math.floor(sum / PRIME) * PRIME;
  // the quotient may have been rounded up to a whole number
  return rest < 0 ? rest + PRIME : rest;
};

/** One to three bytes as a word, zeros behind them. */
const lastBytes = (view: DataView, at: number, end: number): number => {
  let word = 0;
  for (let shift = 24; at < end; at++, shift -= 8) word |= view.getUint8(at) << shift;
  return word;
};

const randomKeys = (next: () => number): Float64Array =>
  Float64Array.from({ length: KEYS }, () => next() % PRIME);

/** SplitMix32: a short generator with a well mixed first output, for making keys from a seed. */
const splitMix32 = (seed: number) => (): number => {
  seed = (seed + 0x9e37_79b9) | 0;
  let word = seed ^ (seed >>> 16);
  word = Math.imul(word, 0x21f0_aaad);
  word ^= word >>> 15;
  word = Math.imul(word, 0x735a_2d97);
  return (word ^ (word >>> 15)) >>> 0;
};
