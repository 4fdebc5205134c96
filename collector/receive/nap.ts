/**
 * Interrupt moderation: a thread that is woken for every datagram or two spends its time waking up. Under load it naps instead when a socket
 * is empty, and finds several datagrams at once. A datagram waits for this at most the nap and the timer slack of Linux (0.05 ms), and one at
 * another socket of the worker at most `MAX_TURN_MS` and a nap. Never when idle, nor while there is something to be handled.
 */
const NAP_MS = 0.3;

/**
 * The same at a steady trickle, where a wake-up costs more than what it brings: some naps after each, long enough that the next datagrams come in
 * them. A datagram waits at most for one nap; one at another socket, a timer or a message for all of them.
 */
const STEADY_NAP_MS = 6;
export const STEADY_NAPS = 2;

/** nobody wakes the nap: its time always runs out */
const NAP_CELL = new Int32Array(new SharedArrayBuffer(4));

/** Under heavy load. */
export const nap = (): void => void Atomics.wait(NAP_CELL, 0, 0, NAP_MS);

/** Under a steady one, `STEADY_NAPS` in a row. */
export const steadyNap = (): void => void Atomics.wait(NAP_CELL, 0, 0, STEADY_NAP_MS);
