import { MAX_DRAIN_LAG_MS } from "./receiver.ts";

/** a turn that takes longer stood still: the process was stopped (Ctrl-Z, a paused container) */
const STALL_MS = 1000;

/**
 * libuv reads at most this many datagrams per socket and wake-up (deps/uv/src/unix/udp.c, uv__udp_recvmsg): fewer in one turn
 * of the event loop mean that the socket was left empty.
 */
export const DATAGRAMS_PER_TURN = 32;

interface Watched {
  /** datagrams in this turn of the event loop */
  inTurn: number;
  lastAtMs: number;
  emptyAtMs: number;
}

/**
 * Works out when sockets were read empty from how many datagrams each turn of the event loop brought. Pure: the caller says when a
 * datagram came and when the turn's polling was over.
 */
export class DrainWatch {
  readonly #watched = new Map<unknown, Watched>();
  /** when the polling before this turn's was over: the sockets are looked at after it */
  #turnBeganMs: number;
  /** the end of the last turn that stood still: there has been reading without a pause since */
  #readingSinceMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#turnBeganMs = nowMs;
  }

  add(socket: unknown, nowMs: number): void {
    this.#watched.set(socket, { inTurn: 0, lastAtMs: nowMs, emptyAtMs: nowMs });
  }

  remove(socket: unknown): void {
    this.#watched.delete(socket);
  }

  datagram(socket: unknown, nowMs: number): void {
    const watched = this.#watched.get(socket);
    if (watched === undefined) return;
    watched.inTurn++;
    watched.lastAtMs = nowMs;
  }

  /** The polling of this turn is over; the next one comes after this instant. */
  afterPoll(nowMs: number): void {
    for (const watched of this.#watched.values()) {
      // the read after the last datagram found the socket empty; a silent socket was empty when the polling looked at it
      if (watched.inTurn === 0) watched.emptyAtMs = this.#turnBeganMs;
      else if (watched.inTurn < DATAGRAMS_PER_TURN) watched.emptyAtMs = watched.lastAtMs;
      watched.inTurn = 0;
    }
    if (nowMs - this.#turnBeganMs > STALL_MS) this.#readingSinceMs = nowMs;
    this.#turnBeganMs = nowMs;
  }

  /** Latest instant before which everything at every socket has been read; `nowMs` when there is none. */
  emptyAtMs(nowMs: number): number {
    let earliest = nowMs;
    for (const { emptyAtMs } of this.#watched.values()) earliest = Math.min(earliest, emptyAtMs);
    return earliest;
  }

  /** The same, but a socket that never runs empty lags by `MAX_DRAIN_LAG_MS` at most, unless nobody was reading meanwhile. */
  drainedAtMs(nowMs: number): number {
    const emptyAtMs = this.emptyAtMs(nowMs);
    const latestMs = nowMs - MAX_DRAIN_LAG_MS;
    const stoodStill = nowMs - this.#turnBeganMs > STALL_MS || this.#readingSinceMs > latestMs;
    return stoodStill ? emptyAtMs : Math.max(emptyAtMs, latestMs);
  }
}
