import { IDLE_PEER_MS, LOOK_AT_PEERS, SEARCH_EVERY_MS } from "./limits.ts";
import { Peer } from "./peer.ts";

/** The peers by device slot, bounded: one that was not asked for a while makes room for a new one. */
export class Peers {
  readonly #peers = new Map<number, Peer>();
  readonly #mostPeers: number;
  /** no search before */
  #searchMs = Number.NEGATIVE_INFINITY;

  constructor(mostPeers: number) {
    this.#mostPeers = mostPeers;
  }

  get size(): number {
    return this.#peers.size;
  }

  get(device: number): Peer | undefined {
    return this.#peers.get(device);
  }

  forget(device: number): void {
    this.#peers.delete(device);
  }

  /** @returns the device's peer, a new one if need be; undefined when there is no room for one */
  obtain(device: number, nowMs: number): Peer | undefined {
    const known = this.#peers.get(device);
    if (known !== undefined) return known;
    if (this.#peers.size >= this.#mostPeers && !this.#makeRoom(nowMs)) return undefined;
    const peer = new Peer();
    // as if it had been asked half that time ago: it is not idle before its first NACK
    peer.askedMs = nowMs - IDLE_PEER_MS / 2;
    this.#peers.set(device, peer);
    return peer;
  }

  /** Those looked at and kept go to the end, so that the next search sees others. A flood of new devices does not make it search each time. */
  #makeRoom(nowMs: number): boolean {
    if (nowMs < this.#searchMs) return false;
    let looked = 0;
    for (const [device, peer] of this.#peers) {
      this.#peers.delete(device);
      if (nowMs - peer.askedMs >= IDLE_PEER_MS) return true;
      this.#peers.set(device, peer);
      if (++looked >= LOOK_AT_PEERS) break;
    }
    this.#searchMs = nowMs + SEARCH_EVERY_MS;
    return false;
  }
}
