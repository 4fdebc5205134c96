/** a power of two */
const PLACES = 4096;

/**
 * When a datagram from a source was rejected last. Bounded and forgetful in one direction only: sources that share a place share the time, so
 * that it may be later than true, never earlier.
 */
export class RejectedSources {
  readonly #lastMs = new Float64Array(PLACES).fill(Number.NEGATIVE_INFINITY);

  add(address: string, port: number, nowMs: number): void {
    this.#lastMs[placeOf(address, port)] = nowMs;
  }

  /** @returns -Infinity = never */
  lastMs(address: string, port: number): number {
    return this.#lastMs[placeOf(address, port)]!;
  }
}

/** FNV-1a (draft-eastlake-fnv) over the characters of the address, then the port. */
const placeOf = (address: string, port: number): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < address.length; at++) hash = Math.imul(hash ^ address.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ port, 0x01000193);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
};
