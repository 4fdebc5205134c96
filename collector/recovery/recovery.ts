import { TokenBucket } from "../../common/token-bucket.ts";
import type { AskableGaps, ReturnPath } from "../tracker/gap/askable-gaps.ts";
import { Deadlines } from "../tracker/gap/deadlines.ts";
import { ANSWER_MS, GAP, GAP_STATE } from "../tracker/gap/gap-fields.ts";
import type { GapList } from "../tracker/gap/gap-list.ts";
import type { Arrival, Recoverer } from "../tracker/types.ts";
import {
  DEVICE_SPACING_MS,
  LAST_WAIT_MS,
  LOOKS_PER_DEVICE,
  LOOKS_PER_NACK,
  LOOKS_PER_PLAN,
  MAX_PEERS,
  MAX_REQUESTS,
  NACK_BURST,
  NACKS_PER_SECOND,
  RETRY_MS,
} from "./limits.ts";
import { Nack, SMALLEST_NACK_BYTES } from "./nack.ts";
import type { Peer } from "./peer.ts";
import { Peers } from "./peers.ts";
import { suppressionDelayMs } from "./suppression.ts";

/** Whether devices heard by a listener are asked again. `group`: others may hear the same datagrams and ask too. */
export type ListenerRecovery = "off" | "on" | "group";

export interface RecoveryOptions {
  /** by index of the listener */
  listeners: readonly ListenerRecovery[];
  /** uniform in [0, 1) */
  random(): number;
  /**
   * Takes a NACK.
   * @param bytes - the receiver's from now on
   * @param local - number of the address of this host it is to leave from (../receive/entry.ts)
   * @returns false when it cannot leave, because the listener has no socket
   */
  send(listener: number, bytes: Uint8Array, address: string, port: number, local: number): boolean;
  nacksPerSecond?: number;
  maxPeers?: number;
}

/**
 * Decides when which device is asked for what (docs/ledger.md, "Recovery"). Pure: times come in, NACKs go out; the ranges and what was asked of
 * them are the tracker's. Nothing here is touched by a datagram that arrives in order.
 */
export class Recovery implements Recoverer {
  readonly #options: RecoveryOptions;
  readonly #peers: Peers;
  /** of devices: when something of theirs is to be asked for next */
  readonly #due = new Deadlines();
  readonly #nack = new Nack();
  readonly #path: ReturnPath = { listener: 0, local: 0, address: "", port: 0 };
  readonly #rateHz: number;
  #bucket: TokenBucket | null = null;
  /** of the call of `plan` that is under way */
  #nowMs = 0;
  #drainedAtMs = 0;
  #wallUs = 0;
  /** at ranges */
  #looked = 0;
  #gaps: AskableGaps | null = null;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#peers = new Peers(options.maxPeers ?? MAX_PEERS);
    this.#rateHz = options.nacksPerSecond ?? NACKS_PER_SECOND;
  }

  /** The tracker's ranges; once, before anything else. */
  set gaps(gaps: AskableGaps) {
    this.#gaps = gaps;
  }

  /** Devices whose timing is kept. */
  get peerCount(): number {
    return this.#peers.size;
  }

  isReturnPath(listener: number): boolean {
    return this.#options.listeners[listener] !== "off";
  }

  windowOver(device: number, listener: number, requests: number, nowMs: number): number {
    if (requests >= MAX_REQUESTS) return -1;
    const peer = this.#peers.obtain(device, nowMs);
    if (peer === undefined) return -1;
    if (peer.isDeaf(nowMs) && !peer.mayProbe(nowMs) && !this.#hasMoved(device, peer)) return -1;
    const isShared = this.#options.listeners[listener] === "group";
    const delayMs = isShared ? suppressionDelayMs(this.#options.random(), peer.roundTrip.smoothedMs) : 0;
    this.#due.schedule(device, Math.max(nowMs + delayMs, peer.askedMs + DEVICE_SPACING_MS));
    return nowMs + delayMs;
  }

  answered(device: number, requests: number, askedAtMs: number, nowMs: number): void {
    const peer = this.#peers.get(device);
    // asked before the start, or before its run left the memory: nothing is known of when
    if (askedAtMs === Number.NEGATIVE_INFINITY) peer?.spoke();
    else peer?.answered(requests, askedAtMs, nowMs);
  }

  wasAsked(device: number, from: Arrival | null, nowMs: number): boolean {
    const peer = this.#peers.get(device);
    if (peer === undefined || peer.askedAddress === "" || nowMs - peer.askedMs > ANSWER_MS) return false;
    if (from === null) return true;
    if (!peer.isAskedAt(from.address, from.port)) return false;
    peer.spoke();
    return true;
  }

  forget(device: number): void {
    this.#peers.forget(device);
  }

  /**
   * Send the NACKs that are due. Call it after windows were closed.
   * @param drainedAtMs - what had arrived before has been read: an answer that waits in the socket is not asked for again
   */
  plan(nowMs: number, drainedAtMs: number, wallUs: number): void {
    this.#bucket ??= new TokenBucket(this.#rateHz, NACK_BURST, nowMs);
    this.#nowMs = nowMs;
    this.#drainedAtMs = drainedAtMs;
    this.#wallUs = wallUs;
    for (this.#looked = 0; this.#looked < LOOKS_PER_PLAN && this.#bucket.hasToken(nowMs); ) {
      this.#looked += LOOKS_PER_DEVICE;
      const device = this.#due.take(drainedAtMs);
      if (device < 0) return;
      const peer = this.#peers.get(device);
      if (peer === undefined) continue;
      const nextMs = this.#ask(device, peer);
      if (nextMs !== Number.POSITIVE_INFINITY)
        this.#due.schedule(device, Math.max(nextMs, peer.askedMs + DEVICE_SPACING_MS));
    }
  }

  /** What it did not hear elsewhere says nothing of where it is now. */
  #hasMoved(device: number, peer: Peer): boolean {
    return this.#gaps!.returnPath(device, this.#path) && !peer.isAskedAt(this.#path.address, this.#path.port);
  }

  /** One NACK to a device, for one of its epochs. @returns when to look at it again, Infinity = nothing is left to ask for */
  #ask(device: number, peer: Peer): number {
    const gaps = this.#gaps!;
    const mostBytes = gaps.creditBytes(device);
    const id = gaps.idBytes(device);
    if (!gaps.returnPath(device, this.#path) || mostBytes < SMALLEST_NACK_BYTES + id.length)
      return gaps.nextRun(device, -1) < 0 ? Number.POSITIVE_INFINITY : this.#nowMs + RETRY_MS;
    let nextMs = Number.POSITIVE_INFINITY;
    for (let run = gaps.nextRun(device, -1); run >= 0; run = gaps.nextRun(device, run)) {
      const list = gaps.gapsOf(run);
      const lowest = list.lowestOpen();
      const due = this.#nextDue(list, lowest, peer);
      if (due < list.count) {
        this.#nack.begin(id, gaps.epochOf(run), gaps.nextOf(run), this.#wallUs, mostBytes);
        return this.#send(device, run, due, peer);
      }
      this.#looked += list.count - lowest;
      for (let index = lowest; index < list.count; index++)
        if (list.get(index, GAP.STATE) === GAP_STATE.ASKED)
          nextMs = Math.min(nextMs, list.get(index, GAP.NEXT_ASK));
    }
    return nextMs;
  }

  /** @returns index of the first range from there on that is due, `count` without one */
  #nextDue(list: GapList, from: number, peer: Peer): number {
    let index = from;
    while (index < list.count && !this.#isDue(list, index, peer)) index++;
    this.#looked += index - from;
    return index;
  }

  /** Whether a range is to be named now; what a busy device is about to send waits. */
  #isDue(list: GapList, index: number, peer: Peer): boolean {
    if (list.get(index, GAP.STATE) !== GAP_STATE.ASKED) return false;
    if (list.get(index, GAP.NEXT_ASK) > this.#drainedAtMs) return false;
    const busyMs = peer.busyUntilMs(list.get(index, GAP.ASKED_AT), this.#nowMs);
    if (busyMs > this.#nowMs) list.set(index, GAP.NEXT_ASK, busyMs);
    return busyMs <= this.#drainedAtMs;
  }

  /** @param due - index of the run's first range that is */
  #send(device: number, run: number, due: number, peer: Peer): number {
    const nowMs = this.#nowMs;
    const list = this.#gaps!.gapsOf(run);
    const { listener, local, address, port } = this.#path;
    for (
      let index = due;
      index < list.count && !this.#nack.isFull;
      index = this.#nextDue(list, index + 1, peer)
    )
      this.#nack.add(list.get(index, GAP.FIRST), list.get(index, GAP.LAST));
    const bytes = this.#nack.encode();
    this.#looked += LOOKS_PER_NACK;
    if (!this.#options.send(listener, bytes, address, port, local)) return nowMs + RETRY_MS;
    this.#bucket!.take(nowMs);
    this.#gaps!.spend(device, bytes.length);
    peer.asked(address, port, this.#gaps!.heardMs(device), nowMs);
    this.#markNamed(run, list, due, peer);
    if (peer.isDeaf(nowMs)) this.#giveUp(device);
    // other runs, and what found no room, have waited: they are next
    return nowMs;
  }

  /** The first so many of what is due are those in the NACK. */
  #markNamed(run: number, list: GapList, due: number, peer: Peer): void {
    let left = this.#nack.count;
    for (let index = due; left > 0; index++) {
      if (!this.#isDue(list, index, peer)) continue;
      left--;
      const requests = list.get(index, GAP.REQUESTS) + 1;
      const againMs = this.#nowMs + peer.roundTrip.backedOffMs(requests);
      this.#gaps!.named(run, index, this.#nowMs, againMs);
      if (requests >= MAX_REQUESTS) this.#gaps!.giveUp(run, index, againMs);
    }
  }

  /** The device does not answer: nobody waits for it longer than a moment. */
  #giveUp(device: number): void {
    const gaps = this.#gaps!;
    for (let run = gaps.nextRun(device, -1); run >= 0; run = gaps.nextRun(device, run)) {
      const list = gaps.gapsOf(run);
      const lowest = list.lowestOpen();
      this.#looked += list.count - lowest;
      for (let index = lowest; index < list.count; index++)
        if (list.get(index, GAP.STATE) === GAP_STATE.ASKED)
          gaps.giveUp(run, index, this.#nowMs + LAST_WAIT_MS);
    }
  }
}
