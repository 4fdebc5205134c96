/** drops that go on for so long without the socket having been read empty are no burst */
const BURST_MS = 250;
/** a socket that was shut is watched for so long after: what fills it again is the same overload */
const OVERLOAD_MS = 500;
/** share of the receive buffer at which an overloaded socket is shut, before the kernel drops one datagram here and one there */
const FULL_SHARE = 3 / 4;

/**
 * When a socket is to be shut for a while because more arrives than can be handled, and no room is left to read it ahead. One that is always full takes a datagram for each one that is
 * read, and the kernel drops those between them: every device has a gap at each, and to account for a gap costs more than to store a
 * datagram. Shut until it has been read empty it loses as many, in one piece: one gap of each device.
 * Pure: times are monotonic milliseconds, brought by the caller.
 */
export class OverflowGate {
  isShut = false;
  #drops = 0;
  /** when the kernel dropped something first since the socket was empty; -1 = it did not */
  #droppingMs = -1;
  #overloadedUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * The socket has had its share of reading and is not empty.
   * @param queuedBytes - what waits in it, of `bufferBytes`
   * @param drops - datagrams the kernel dropped at it since it was made, u32
   * @returns whether to shut it now
   */
  sample(nowMs: number, queuedBytes: number, bufferBytes: number, drops: number): boolean {
    const hasDropped = drops !== this.#drops;
    this.#drops = drops;
    if (this.isShut) return false;
    if (hasDropped && this.#droppingMs < 0) this.#droppingMs = nowMs;
    const isOverflowing = hasDropped && nowMs - this.#droppingMs >= BURST_MS;
    const isFull = this.isOverloaded(nowMs) && queuedBytes >= bufferBytes * FULL_SHARE;
    if (!isOverflowing && !isFull) return false;
    this.isShut = true;
    return true;
  }

  /** It is shut, or was a moment ago: more room would fill as well, and only make what is lost older. */
  isOverloaded(nowMs: number): boolean {
    return this.isShut || nowMs < this.#overloadedUntilMs;
  }

  /** The socket was read empty, and all of it handled. @returns whether to open it again */
  emptied(nowMs: number): boolean {
    this.#droppingMs = -1;
    if (!this.isShut) return false;
    this.isShut = false;
    this.#overloadedUntilMs = nowMs + OVERLOAD_MS;
    return true;
  }
}
