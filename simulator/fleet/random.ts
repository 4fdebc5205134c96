/**
 * Counter-based random numbers: every draw is a hash of a key and a number, so there is no state to keep per device, one device's
 * draws never depend on another's, and the audit can repeat any single draw. The finaliser is MurmurHash3's (Austin Appleby, public domain).
 */
const finalise = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/**
 * The key of a part of `key`: of a device, of one of its starts, of a channel, of a purpose.
 * @param key - u32
 * @param part - integer in [0, 2^53)
 * @returns u32
 */
export const subKey = (key: number, part: number): number => {
  const high = Math.floor(part / 2 ** 32);
  const low = finalise(Math.imul(key, 0x9e37_79b1) ^ finalise(part + 0x6d2b_79f5));
  return high === 0 ? low : finalise(low ^ finalise(high + 0x1b87_3593));
};

/** Draw number `n` of a key, u32, evenly spread. */
export const draw = subKey;

/** Draw number `n` of a key as a fraction in [0, 1). */
export const uniform = (key: number, n: number): number => subKey(key, n) / 2 ** 32;

/** What a draw is for: draws for different purposes are independent of each other. */
export const PURPOSE = {
  DUPLICATE: 1,
  EXTRA_COPIES: 2,
  LOSS: 3,
  BURST_STATE: 4,
  BURST_LOSS: 5,
  CORRUPT: 6,
  DAMAGE: 7,
  REORDER: 8,
  DISPLACEMENT: 9,
  JITTER: 10,
  RESTART: 11,
  SKEW: 12,
  SIGNAL: 13,
  CONTROL: 14,
  REPEAT: 15,
  SECOND_PATH: 16,
} as const;
