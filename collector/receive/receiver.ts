import type { Socket } from "node:dgram";
import type { NativeSocket } from "./native-socket.ts";

/** What `receive` may be set to: `auto` is the native path where it can be had, else the one through node:dgram. */
export const RECEIVE_CHOICES = ["auto", "native", "dgram"] as const;
export type ReceiveChoice = (typeof RECEIVE_CHOICES)[number];

/** The path datagrams are received by. */
export type ReceivePath = Exclude<ReceiveChoice, "auto">;

/**
 * Takes one datagram. `bytes` and `view` look at the same memory and are the receiver's: whoever wants to keep something copies it. It neither
 * attaches nor detaches sockets.
 * @param entry - by which it came (./entry.ts)
 * @param arrivalUs - when it was read, by the wall clock; like `nowMs` it may be that of a datagram read just before. One that was read ahead may
 *   be older than those of other sockets handed over before
 * @param nowMs - when it is handed over, by the monotonic clock: never less than the one before
 */
export type DatagramHandler = (
  entry: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  address: string,
  port: number,
  arrivalUs: number,
  nowMs: number,
) => void;

/** Reads the sockets of the listeners and knows when they were read empty (R9). */
export interface Receiver {
  readonly path: ReceivePath;
  /**
   * Read this socket from now on. Several sockets may be of one entry.
   * @param native - the socket under it when the native path made it, else null
   */
  attach(entry: number, socket: Socket, native: NativeSocket | null): void;
  /** Read it no longer; it does not hold `drainedAtMs` back either. The socket stays open. */
  detach(socket: Socket): void;
  /**
   * Find out how far the sockets have been read although no datagram comes; call at least every 50 ms.
   */
  probe(): void;
  /**
   * The latest monotonic instant before which everything that had arrived at the sockets is known to have been read and handled. A socket that
   * is flooded without end does not hold windows open for ever: the native path counts what it reads (`ReadProgress`), node:dgram lets it lag by
   * `MAX_DRAIN_LAG_MS` of reading at most.
   */
  drainedAtMs(): number;
  /** The same of what has been read, handled or not: what waits in the sockets came after it. */
  readUntilMs(): number;
  /**
   * Resolves when everything that had arrived at the sockets before the call has been read and handled; a socket that cannot be read, or by
   * node:dgram never runs empty, is waited for `MAX_DRAIN_LAG_MS`.
   */
  drain(): Promise<void>;
}

/**
 * How long a socket that never runs empty may hold windows open where nobody can tell how far it was read. A receive buffer of 8 MiB holds at most 22,000 small datagrams (Linux
 * charges at least 768 bytes each); a reader that is busy without a pause reads those in well under a second, so what arrived 2 s ago
 * has been read. A process that was stopped meanwhile has not been busy.
 */
export const MAX_DRAIN_LAG_MS = 2000;
