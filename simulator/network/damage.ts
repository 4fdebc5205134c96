import { CRC_BYTES, FLAG } from "../../protocol/constants.ts";
import { draw } from "../fleet/random.ts";

const DRAW = { MODE: 0, POSITION: 1, PATTERN: 2, WIDTH: 3 } as const;
const FLAGS_OFFSET = 4;
/** CRC-32 finds every error that fits into a window of 32 bits */
const WIDEST_BURST_BYTES = 4;
const TRUNCATED_SHARE = 4;
/** no JSON text may contain it, inside or outside a string */
const NOT_IN_JSON = 0x01;

/**
 * Damages a datagram so that no receiver can take it for a sound one: it loses its end, or a few bytes of it change.
 * @param seed - u32; the same seed does the same damage
 * @param isBinary - the binary format with its CRC flag set; else JSON
 * @returns the new length, at least 1
 */
export const damage = (bytes: Uint8Array, length: number, seed: number, isBinary: boolean): number => {
  // both formats say how they end (counts and lengths; the closing brace): a shortened datagram never fits
  if (draw(seed, DRAW.MODE) % TRUNCATED_SHARE === 0) return 1 + (draw(seed, DRAW.POSITION) % (length - 1));
  if (isBinary) flipBurst(bytes, length, seed);
  else bytes[draw(seed, DRAW.POSITION) % length] = NOT_IN_JSON;
  return length;
};

/** A burst of up to four bytes, before the checksum and sparing the flag that says there is one. */
const flipBurst = (bytes: Uint8Array, length: number, seed: number): void => {
  const width = 1 + (draw(seed, DRAW.WIDTH) % WIDEST_BURST_BYTES);
  const start = draw(seed, DRAW.POSITION) % (length - CRC_BYTES - width + 1);
  const pattern = draw(seed, DRAW.PATTERN);
  for (let at = 0; at < width; at++) {
    const flipped = (pattern >>> (8 * at)) & 0xff || 0x10;
    bytes[start + at]! ^= start + at === FLAGS_OFFSET ? flipped & ~FLAG.CRC || 0x80 : flipped;
  }
};
