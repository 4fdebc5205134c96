import * as nativeSocket from "./native-socket.ts";

// as a local it becomes part of the code (docs/decisions/0012-local-constants.md)
const { BATCH_DATAGRAMS } = nativeSocket;

/** Linux charges a datagram that waits with more than this: the smallest structure it can be in (struct sk_buff) */
const LEAST_CHARGE_BYTES = 256;

/**
 * Works out how far a socket has been read from how many datagrams each read brought: a read that is not full left it empty; and where
 * it never is, as many datagrams as its buffer holds are all that waited when the first of them was read. So a flood without end holds nobody
 * back, however slow the reader. Pure: times are monotonic milliseconds, brought by the caller.
 */
export class ReadProgress {
  readonly #mostWaiting: number;
  #untilMs: number;
  #markMs: number;
  /** datagrams to be read until all that waited at the mark has been */
  #left: number;

  /** @param bufferBytes - the receive buffer, as the kernel charges what waits in it */
  constructor(bufferBytes: number, nowMs: number) {
    this.#mostWaiting = Math.ceil(bufferBytes / LEAST_CHARGE_BYTES) + BATCH_DATAGRAMS;
    this.#untilMs = nowMs;
    this.#markMs = nowMs;
    this.#left = this.#mostWaiting;
  }

  /** Everything that had arrived before has been read. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** @param beganMs - before the read @param count - datagrams it brought, of `BATCH_DATAGRAMS` */
  read(beganMs: number, count: number): void {
    this.#left -= count;
    if (count === BATCH_DATAGRAMS && this.#left > 0) return;
    this.#untilMs = count === BATCH_DATAGRAMS ? this.#markMs : beganMs;
    this.#markMs = beganMs;
    this.#left = this.#mostWaiting;
  }
}
