/** Says when a group falls silent for longer than it may, and when it is heard again. */
export class SilenceWatch {
  readonly #allowedMs: number;
  #mark = -1;
  #heardAtMs = 0;
  #isSilent = false;

  constructor(allowedMs: number) {
    this.#allowedMs = allowedMs;
  }

  /**
   * A silence begins no earlier than the first look.
   * @param mark - changes with every datagram, 0 or more
   * @param isUp - the listener is OK: one that is not is said to be so already, and its silence begins when it is up again
   * @param nowMs - monotonic
   */
  look(mark: number, isUp: boolean, nowMs: number): "silent" | "heard" | null {
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#heardAtMs = nowMs;
      if (!this.#isSilent) return null;
      this.#isSilent = false;
      return "heard";
    }
    if (!isUp) this.#heardAtMs = nowMs;
    if (this.#isSilent || nowMs - this.#heardAtMs < this.#allowedMs) return null;
    this.#isSilent = true;
    return "silent";
  }
}
