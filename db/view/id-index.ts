import { randomFillSync } from "node:crypto";

const FIRST_ENTRIES = 1024;
/** positions of an id with a table of their own; those beyond use the same ones again */
const POSITIONS = 64;

/** One table of random words per position of an id: who does not know them cannot aim ids at one place. */
const WORDS = randomFillSync(new Uint32Array(POSITIONS * 256));

/** Slots by id, as one typed array with open addressing: a seventh of the memory of a Map. The ids themselves are the caller's. */
export class IdIndex {
  readonly #ids: readonly string[];
  /** hash, slot + 1 (0 = empty); at least twice as many as ids, so that searches stay short */
  #entries = new Uint32Array(FIRST_ENTRIES * 2);
  #size = 0;

  /** @param ids - the id of each slot that is in the index */
  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** @returns the slot, or -1 */
  get(id: string): number {
    return this.#entries[this.#placeOf(id, hashOf(id)) + 1]! - 1;
  }

  /** The id, which `slot` has, is found there from now on, and no longer at another slot that has it too. */
  set(id: string, slot: number): void {
    const hash = hashOf(id);
    let at = this.#placeOf(id, hash);
    if (this.#entries[at + 1] === 0 && ++this.#size * 4 > this.#entries.length) {
      this.#grow();
      at = this.#placeOf(id, hash);
    }
    this.#entries[at] = hash;
    this.#entries[at + 1] = slot + 1;
  }

  /** While the slot still has its id. An id that is found at another slot stays. */
  delete(id: string, slot: number): void {
    const at = this.#placeOf(id, hashOf(id));
    if (this.#entries[at + 1] !== slot + 1) return;
    this.#entries[at + 1] = 0;
    this.#size--;
    this.#closeHole(at);
  }

  /** Index of the id's entry, or of the empty one where it belongs. */
  #placeOf(id: string, hash: number): number {
    const entries = this.#entries;
    let at = this.#home(hash);
    for (; entries[at + 1] !== 0; at = this.#next(at)) {
      if (entries[at] === hash && this.#ids[entries[at + 1]! - 1] === id) break;
    }
    return at;
  }

  /** Entries behind a hole move into it when their search would otherwise end there. */
  #closeHole(from: number): void {
    const entries = this.#entries;
    const mask = entries.length - 1;
    let hole = from;
    for (let at = this.#next(hole); entries[at + 1] !== 0; at = this.#next(at)) {
      if (((at - this.#home(entries[at]!)) & mask) < ((at - hole) & mask)) continue;
      entries[hole] = entries[at]!;
      entries[hole + 1] = entries[at + 1]!;
      entries[at + 1] = 0;
      hole = at;
    }
  }

  #home(hash: number): number {
    return (hash * 2) & (this.#entries.length - 1);
  }

  #next(at: number): number {
    return (at + 2) & (this.#entries.length - 1);
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let at = this.#home(old[from]!);
      while (this.#entries[at + 1] !== 0) at = this.#next(at);
      this.#entries[at] = old[from]!;
      this.#entries[at + 1] = old[from + 1]!;
    }
  }
}

/** A u32 that nobody outside can foresee. */
export const hashOf = (id: string): number => {
  let hash = id.length;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    const words = (i % POSITIONS) * 256;
    hash ^= WORDS[words + (code & 0xff)]!;
    if (code > 0xff) hash ^= Math.imul(WORDS[words + (code >>> 8)]!, 0x9e37_79b1);
  }
  return hash >>> 0;
};
