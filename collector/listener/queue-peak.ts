/** The fullest a socket was found. Looked at now and then: a shorter peak may have been higher. */
export class QueuePeak {
  bytes = 0;
  /** how long before nothing had waited, milliseconds: so much traffic it was */
  heldMs = 0;

  /** @param heldMs - since the sockets were last known to be empty */
  note(bytes: number, heldMs: number): void {
    if (bytes <= this.bytes) return;
    this.bytes = bytes;
    this.heldMs = heldMs;
  }
}
