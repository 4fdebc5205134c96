const FIRST_ENTRIES = 1024;

/** Entries by a hash of what they are, as one typed array with open addressing, at most half full. What they are is the caller's to compare. */
export class EntryIndex {
  /** hash, entry + 1 (0 = empty) */
  #places = new Uint32Array(FIRST_ENTRIES * 2);
  #size = 0;

  /** @param isIt - whether an entry with this hash is the one that is looked for @returns it, or -1 */
  find(hash: number, isIt: (entry: number) => boolean): number {
    const places = this.#places;
    for (let at = this.#home(hash); places[at + 1] !== 0; at = this.#next(at)) {
      if (places[at] === hash && isIt(places[at + 1]! - 1)) return places[at + 1]! - 1;
    }
    return -1;
  }

  /** @param hash - a u32 @param entry - one that is not in the index */
  add(hash: number, entry: number): void {
    if (++this.#size * 4 > this.#places.length) this.#grow();
    this.#put(hash, entry + 1);
  }

  /** @param entry - one that is in the index */
  delete(hash: number, entry: number): void {
    let at = this.#home(hash);
    while (this.#places[at + 1] !== entry + 1) at = this.#next(at);
    this.#places[at + 1] = 0;
    this.#size--;
    this.#closeHole(at);
  }

  #put(hash: number, entryAndOne: number): void {
    let at = this.#home(hash);
    while (this.#places[at + 1] !== 0) at = this.#next(at);
    this.#places[at] = hash;
    this.#places[at + 1] = entryAndOne;
  }

  /** Entries behind a hole move into it when their search would otherwise end there. */
  #closeHole(from: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let hole = from;
    for (let at = this.#next(hole); places[at + 1] !== 0; at = this.#next(at)) {
      if (((at - this.#home(places[at]!)) & mask) < ((at - hole) & mask)) continue;
      places[hole] = places[at]!;
      places[hole + 1] = places[at + 1]!;
      places[at + 1] = 0;
      hole = at;
    }
  }

  #home(hash: number): number {
    return (hash * 2) & (this.#places.length - 1);
  }

  #next(at: number): number {
    return (at + 2) & (this.#places.length - 1);
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2)
      if (old[from + 1] !== 0) this.#put(old[from]!, old[from + 1]!);
  }
}
