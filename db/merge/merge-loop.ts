import type { Clock } from "../../common/clock.ts";
import { LacunaError } from "../../common/errors.ts";
import type { MergeCommand, MergeReport } from "./merge-messages.ts";
import type { MergeTask } from "./merge-task.ts";
import type { Merging } from "./merging.ts";

/** Where the merger is: a thread, or a test. */
export interface MergeHost {
  post(command: MergeCommand): void;
}

/** After a merge that failed the next one waits that long, after each more twice as long, up to the longest. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Merges one after the other while the writer's loop goes on: asks for a merge after a flush, stages its lots between flushes. A damaged segment is
 * left as it is, and what lies around it is merged. A merge that fails for any other reason is begun again after a while: a disk may give again what it
 * did not. The status tells both.
 */
export class MergeLoop {
  readonly #merging: Merging;
  readonly #begin: () => MergeTask | null;
  readonly #host: MergeHost;
  readonly #clock: Clock;
  #pauseMs = 0;
  #notBeforeMs = 0;

  /** @param begin - chooses the next merge, null when there is none */
  constructor(merging: Merging, begin: () => MergeTask | null, host: MergeHost, clock: Clock) {
    this.#merging = merging;
    this.#begin = begin;
    this.#host = host;
    this.#clock = clock;
  }

  /** A flush was committed, or nothing waits: begin the next merge unless one runs, or has just failed. */
  step(): void {
    if (this.#merging.current !== null || this.#clock.monotonicMs() < this.#notBeforeMs) return;
    const task = this.#begin();
    if (task === null) return;
    try {
      this.#host.post({ command: "merge", task });
    } catch (error) {
      // there was no thread yet, and the system allows no further one
      this.#failed(error);
    }
  }

  handle(message: MergeReport): void {
    // given up meanwhile: retention took an input, or a stop has begun
    if (message.chunkSet !== this.#merging.current?.chunkSet) return;
    try {
      this.#take(message);
    } catch (error) {
      this.#failed(error);
    }
  }

  #take(message: MergeReport): void {
    switch (message.report) {
      case "lot":
        this.#merging.stage(message.lot);
        this.#host.post({ command: "next", chunkSet: message.chunkSet });
        break;
      case "merged":
        this.#merging.adopt(message.result);
        this.#pauseMs = 0;
        this.step();
        break;
      case "failed":
        if (message.damagedSegment === null) this.#failed(new LacunaError(message.code, message.message));
        else {
          this.#merging.leave(message.damagedSegment, message.message);
          this.step();
        }
        break;
    }
  }

  /** The merger's thread is gone; the next merge starts another one. */
  ended(error: unknown): void {
    this.#failed(error);
  }

  #failed(error: unknown): void {
    this.#merging.failed(error);
    this.#pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs), LONGEST_PAUSE_MS);
    this.#notBeforeMs = this.#clock.monotonicMs() + this.#pauseMs;
  }
}
