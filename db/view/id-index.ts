import { randomFillSync } from "node:crypto";
import { EntryIndex } from "./entry-index.ts";

/** positions of an id with a table of their own; those beyond use the same ones again */
const POSITIONS = 64;

/** One table of random words per position of an id: who does not know them cannot aim ids at one place. */
const WORDS = randomFillSync(new Uint32Array(POSITIONS * 256));

/** Slots by id: a seventh of the memory of a Map. The ids themselves are the caller's. */
export class IdIndex {
  readonly #ids: readonly string[];
  readonly #slots = new EntryIndex();

  /** @param ids - the id of each slot that is in the index */
  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** @returns the slot, or -1 */
  get(id: string): number {
    return this.#find(id, hashOf(id));
  }

  /** The id, which `slot` has, is found there from now on, and no longer at another slot that has it too. */
  set(id: string, slot: number): void {
    const hash = hashOf(id);
    const known = this.#find(id, hash);
    if (known >= 0) this.#slots.delete(hash, known);
    this.#slots.add(hash, slot);
  }

  /** While the slot still has its id. An id that is found at another slot stays. */
  delete(id: string, slot: number): void {
    const hash = hashOf(id);
    if (this.#find(id, hash) === slot) this.#slots.delete(hash, slot);
  }

  #find(id: string, hash: number): number {
    return this.#slots.find(hash, (slot) => this.#ids[slot] === id);
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
