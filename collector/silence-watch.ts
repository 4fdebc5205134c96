/** Says when a group falls silent for longer than it may, and when it is heard again. */
export class SilenceWatch {
  readonly #allowedMs: number;
  #mark = -1;
  #heardAtMs: number;
  #isSilent = false;

  constructor(allowedMs: number, nowMs: number) {
    this.#allowedMs = allowedMs;
    this.#heardAtMs = nowMs;
  }

  /**
   * @param mark - changes with every datagram
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
