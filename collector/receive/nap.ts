import type { Clock } from "../../common/clock.ts";

/**
 * Interrupt moderation: a thread that is woken for every datagram or two spends its time waking up. Under load it naps instead when a socket
 * is empty, and finds several datagrams at once. A datagram waits for this at most the nap and the timer slack of Linux (0.05 ms), and one at
 * another socket of the worker at most `MAX_TURN_MS` and a nap. Never when idle, nor while there is something to be handled.
 */
const NAP_MS = 0.3;

/** nobody wakes the nap: its time always runs out */
const NAP_CELL = new Int32Array(new SharedArrayBuffer(4));

/** Under heavy load. */
export const nap = (): void => void Atomics.wait(NAP_CELL, 0, 0, NAP_MS);

/**
 * The same at a steady trickle, where a wake-up costs more than what it brings: some naps after each, long enough that the next datagrams come in
 * them. A datagram waits at most for one nap; one at another socket, a timer or a message for all of them.
 */
const STEADY_NAP_MS = 8;
const STEADY_NAPS = 3;
/** sockets that had something when another one's naps ended are read within this time */
const SAME_WAKE_MS = 1;

/** Who naps of the sockets of a thread: what wakes the others right after it waited as long as they would nap. */
export class SteadyNaps {
  readonly naps = STEADY_NAPS;
  #napper: object | null = null;
  #endedMs = Number.NEGATIVE_INFINITY;

  /** Whether that socket, which was woken now, may nap. */
  mayNap(socket: object, nowMs: number): boolean {
    return this.#napper === socket || nowMs - this.#endedMs > SAME_WAKE_MS;
  }

  /** One nap. @returns when it ended */
  nap(socket: object, clock: Clock): number {
    Atomics.wait(NAP_CELL, 0, 0, STEADY_NAP_MS);
    this.#napper = socket;
    this.#endedMs = clock.monotonicMs();
    return this.#endedMs;
  }
}
