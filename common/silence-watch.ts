const LOOK_MS = 1000;
const MOST_SILENT_MS = 10_000;

/** Beyond these ten seconds: how long a stop waits for a thread that says nothing, but may still save what it has once its disk answers. */
export const STOP_PATIENCE_MS = 40_000;

/**
 * Tells whether somebody who says something every second has fallen silent, as a thread does that waits for a disk. Silence is counted in looks, one a
 * second, because a process that is stopped for a while hears nothing either. The timer does not keep the process alive.
 */
export class SilenceWatch {
  readonly #mostLooks: number;
  readonly #timer: NodeJS.Timeout;
  #silentLooks = 0;

  /**
   * @param onSilence - called at each look that finds it silent
   * @param allowedMs - silence that is usual, beyond which the ten seconds begin
   */
  constructor(onSilence: () => void, allowedMs = 0) {
    this.#mostLooks = Math.ceil((MOST_SILENT_MS + allowedMs) / LOOK_MS);
    this.#timer = setInterval(() => {
      this.#silentLooks++;
      if (this.isSilent) onSilence();
    }, LOOK_MS).unref();
  }

  get isSilent(): boolean {
    return this.#silentLooks > this.#mostLooks;
  }

  /** It has said something. */
  heard(): void {
    this.#silentLooks = 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
