import { randomInt } from "node:crypto";

const FIRST_BITS = 10;
/** odd, and known to nobody: channels cannot be chosen to meet in one place */
const MULTIPLIER = 2 * randomInt(2 ** 30) + 1;

/** Entries of one list by their channel, with open addressing, at most half full. */
export class ChannelIndex {
  #bits = FIRST_BITS;
  /** channel, entry + 1 (0 = empty) */
  #places = new Int32Array(2 << FIRST_BITS);
  #size = 0;

  /** @returns the channel's entry, or -1 */
  get(channel: number): number {
    return this.#places[this.#placeOf(channel) + 1]! - 1;
  }

  /** @param channel - one that has no entry yet */
  add(channel: number, entry: number): void {
    if (++this.#size * 4 > this.#places.length) this.#grow();
    this.#put(channel, entry + 1);
  }

  #put(channel: number, entryAndOne: number): void {
    const at = this.#placeOf(channel);
    this.#places[at] = channel;
    this.#places[at + 1] = entryAndOne;
  }

  /** Index of the channel's place, or of the empty one where it belongs. */
  #placeOf(channel: number): number {
    const places = this.#places;
    let at = 2 * (Math.imul(channel, MULTIPLIER) >>> (32 - this.#bits));
    while (places[at + 1] !== 0 && places[at] !== channel) at = (at + 2) & (places.length - 1);
    return at;
  }

  #grow(): void {
    const old = this.#places;
    this.#bits++;
    this.#places = new Int32Array(2 * old.length);
    for (let from = 0; from < old.length; from += 2)
      if (old[from + 1] !== 0) this.#put(old[from]!, old[from + 1]!);
  }
}
